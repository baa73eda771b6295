#include "exporters/crowdsec/lapi.h"

#include <algorithm>
#include <utility>

#include "exporters/crowdsec/json.h"
#include "exporters/crowdsec/query.h"
#include "exporters/crowdsec/usage_metrics.h"
#include "platform/gzip.h"
#include "policy/digest.h"

namespace exporters::crowdsec {
namespace {

using platform::HttpServerRequest;
using platform::HttpServerResponse;

constexpr std::size_t gzip_from = 1024;  // bytes; below, it saves nothing
// The durations in an answer may be wrong by so much.
constexpr std::chrono::seconds whole_is_right_for{60};

HttpServerResponse Json(int status, std::shared_ptr<const std::string> body) {
  HttpServerResponse response;
  response.status = status;
  response.headers = {{"Content-Type", "application/json; charset=utf-8"},
                      {"Cache-Control", "no-store"}};
  response.body = std::move(body);
  return response;
}

HttpServerResponse Message(int status, const std::string& message) {
  return Json(status, std::make_shared<const std::string>(MessageJson(message)));
}

bool WantsGzip(const HttpServerRequest& request) {
  return platform::PrefersGzip(request.Header("Accept-Encoding"));
}

HttpServerResponse Gzipped(std::shared_ptr<const std::string> body) {
  HttpServerResponse response = Json(200, std::move(body));
  response.headers.push_back({"Content-Encoding", "gzip"});
  response.headers.push_back({"Vary", "Accept-Encoding"});
  return response;
}

HttpServerResponse Ok(const HttpServerRequest& request, std::string json) {
  if (json.size() >= gzip_from && WantsGzip(request)) {
    if (auto gzip = platform::Gzip(json)) {
      return Gzipped(std::make_shared<const std::string>(std::move(*gzip)));
    }
  }
  return Json(200, std::make_shared<const std::string>(std::move(json)));
}

HttpServerResponse Decisions(const HttpServerRequest& request, const Ledger& ledger,
                             policy::TimePoint now) {
  const Query query = ReadQuery(request.query);
  if (!query.value) return Ok(request, DecisionsJson(ledger.Since(0, now).added, query, now));
  const auto value = policy::IpPrefix::Parse(*query.value);
  if (!value) return Message(400, "not an address or range: " + value.error().detail);
  return Ok(request, DecisionsJson(query.contains ? ledger.Covering(*value) : ledger.Within(*value),
                                   query, now));
}

}  // namespace

Lapi::Lapi(Bouncers bouncers, const std::string& own_key, bool has_ranges,
           const platform::Clock& clock)
    : has_ranges_(has_ranges),
      clock_(clock),
      bouncers_(std::move(bouncers)),
      own_({{"sekisho-exporter", policy::Sha256Of(own_key)}}) {}

void Lapi::Put(std::shared_ptr<const Ledger> ledger) {
  const std::lock_guard lock(mutex_);
  ledger_ = std::move(ledger);
  whole_.reset();
}

Bouncers Lapi::bouncers() const {
  const std::lock_guard lock(mutex_);
  return bouncers_;
}

std::uint64_t Lapi::told_to_all() const {
  const std::lock_guard lock(mutex_);
  return std::min(bouncers_.told_to_all(), own_.told_to_all());
}

bool Lapi::WaitForPulls(std::uint64_t change, policy::TimePoint since,
                        std::chrono::seconds timeout) {
  std::unique_lock lock(mutex_);
  return pulled_.wait_for(lock, timeout, [&] { return bouncers_.Behind(change, since).empty(); });
}

HttpServerResponse Lapi::Respond(const HttpServerRequest& request) {
  if (request.path == "/health") {
    return Json(200, std::make_shared<const std::string>(R"({"status":"up"})"));
  }
  std::shared_ptr<const Ledger> ledger;
  Bouncer* bouncer = nullptr;
  {
    const std::lock_guard lock(mutex_);
    const auto key = request.Header("X-Api-Key");
    bouncer = own_.Find(key);
    if (bouncer == nullptr) bouncer = bouncers_.Find(key);
    ledger = ledger_;
  }
  if (bouncer == nullptr) return Message(403, "access forbidden");
  if (!ledger) {
    HttpServerResponse response = Message(503, "there is no list yet");
    response.headers.push_back({"Retry-After", "10"});
    return response;
  }
  return Answer(request, *bouncer, ledger);
}

HttpServerResponse Lapi::Answer(const HttpServerRequest& request, Bouncer& bouncer,
                                const std::shared_ptr<const Ledger>& ledger) {
  const bool is_stream = request.path == "/v1/decisions/stream";
  if (request.path == "/v1/usage-metrics") {
    return request.method == "POST" ? TakeMetrics(request, bouncer)
                                    : Message(405, "metrics are posted");
  }
  if (!is_stream && request.path != "/v1/decisions") return Message(404, "there is no such page");
  if (request.method == "HEAD") return Json(200, nullptr);
  if (request.method != "GET") return Message(405, "decisions can only be read");
  return is_stream ? Stream(request, bouncer, ledger) : Decisions(request, *ledger, clock_.Now());
}

HttpServerResponse Lapi::Stream(const HttpServerRequest& request, Bouncer& bouncer,
                                const std::shared_ptr<const Ledger>& ledger) {
  const Query query = ReadQuery(request.query);
  const policy::TimePoint now = clock_.Now();
  std::uint64_t cursor = 0;
  {
    const std::lock_guard lock(mutex_);
    cursor = bouncer.told_before;
    bouncer.told_before = query.startup || bouncer.told == 0 ? ledger->head() : bouncer.told;
    bouncer.told = ledger->head();
    bouncer.asked = now;
    bouncer.software = PlainSoftware(request.Header("User-Agent"));
    bouncer.narrowed = !query.ips || (has_ranges_ && !query.ranges);
    pulled_.notify_all();
  }
  Ledger::Changes changes = ledger->Since(cursor, now);
  if (!query.startup) return Ok(request, StreamJson(changes, query, now));
  if (!changes.deleted.empty() || !query.ips || !query.ranges) {
    changes.added = ledger->Since(0, now).added;
    return Ok(request, StreamJson(changes, query, now));
  }
  const auto whole = WholeOf(ledger, now);
  return WantsGzip(request) && whole->gzip ? Gzipped(whole->gzip) : Json(200, whole->json);
}

std::shared_ptr<const Lapi::Whole> Lapi::WholeOf(const std::shared_ptr<const Ledger>& ledger,
                                                 policy::TimePoint now) {
  {
    const std::lock_guard lock(mutex_);
    if (whole_ && whole_->ledger == ledger && now - whole_->made < whole_is_right_for) {
      return whole_;
    }
  }
  auto whole = std::make_shared<Whole>(Whole{ledger, now, nullptr, nullptr});
  std::string json = StreamJson({ledger->Since(0, now).added, {}}, Query(), now);
  if (auto gzip = platform::Gzip(json)) {
    whole->gzip = std::make_shared<const std::string>(std::move(*gzip));
  }
  whole->json = std::make_shared<const std::string>(std::move(json));
  const std::lock_guard lock(mutex_);
  whole_ = whole;
  return whole;
}

HttpServerResponse Lapi::TakeMetrics(const HttpServerRequest& request, Bouncer& bouncer) {
  const auto metrics = ReadUsageMetrics(request.body);
  if (!metrics) return Message(400, "not a bouncer's metrics");
  const std::lock_guard lock(mutex_);
  bouncer.active = metrics->active;
  bouncer.dropped = metrics->dropped;
  return Json(201, nullptr);
}

}  // namespace exporters::crowdsec

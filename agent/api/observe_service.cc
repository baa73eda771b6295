#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/api/rate_limit.h"
#include "agent/api/request_checks.h"
#include "agent/api/services.h"
#include "policy/digest.h"
#include "policy/refang.h"
#include "proto/convert.h"
#include "sekisho/v1/api.pb.h"

namespace agent::api {
namespace {

using feeds::PushedRow;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using policy::TimePoint;
using sekisho::v1::Observed;
using sekisho::v1::ObserveRequest;
using sekisho::v1::ObserveResponse;

constexpr int observations_max = 10'000;
constexpr std::size_t request_size_max = 4 * 1024 * 1024;  // api.proto
// Each writes to the disk and to the history. 20 000 rows a second go through, a million at once.
constexpr double calls_per_second = 2;
constexpr double calls_at_once = 100;
constexpr std::size_t request_id_size_max = 100;
constexpr std::size_t malware_size_max = 200;
constexpr std::size_t campaign_size_max = 200;
constexpr std::size_t tags_size_max = 1000;
constexpr std::size_t reference_size_max = 2000;

bool IsRequestId(const std::string& id) {
  return !id.empty() && id.size() <= request_id_size_max &&
         std::all_of(id.begin(), id.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

Result<policy::Indicator> IndicatorOf(const Observed& observed) {
  if (observed.kind().empty()) return TypedIndicator(observed.indicator());
  const auto kind = policy::ParseKind(observed.kind());
  if (!kind) return tl::unexpected(kind.error());
  return policy::ParseIndicator(*kind, policy::Refang(observed.indicator()));
}

Result<void> CheckWords(const Observed& observed) {
  const auto fits = [](const std::string& text, std::size_t size_max) {
    return text.size() <= size_max;
  };
  if (!fits(observed.malware(), malware_size_max) ||
      !fits(observed.campaign(), campaign_size_max) || !fits(observed.tags(), tags_size_max) ||
      !fits(observed.reference(), reference_size_max)) {
    return Fail(ErrorCode::malformed_input,
                "too long: malware and campaign may have 200 bytes, tags 1000, reference 2000");
  }
  // Somebody will click on it.
  if (!observed.reference().empty() && !policy::Url::Parse(observed.reference())) {
    return Fail(ErrorCode::malformed_input, "reference is no web address");
  }
  return {};
}

Result<void> AddTimes(const Observed& observed, policy::Observation& seen) {
  if (observed.has_last_seen()) {
    const auto time = proto::FromTimestamp(observed.last_seen());
    if (!time) return Fail(time.error().code, "last_seen: " + time.error().detail);
    seen.last_seen = *time;
  }
  seen.first_seen = seen.last_seen;
  if (observed.has_first_seen()) {
    const auto time = proto::FromTimestamp(observed.first_seen());
    if (!time) return Fail(time.error().code, "first_seen: " + time.error().detail);
    seen.first_seen = *time;
  }
  if (seen.first_seen > seen.last_seen) {
    return Fail(ErrorCode::malformed_input, "first_seen is after last_seen");
  }
  if (observed.has_valid_until()) {
    const auto time = proto::FromTimestamp(observed.valid_until());
    if (!time) return Fail(time.error().code, "valid_until: " + time.error().detail);
    seen.valid_until = *time;
  }
  return {};
}

Result<void> AddJudgement(const Observed& observed, policy::Observation& seen) {
  if (observed.has_confidence()) {
    const auto confidence =
        policy::Confidence::FromPercent(static_cast<int>(std::min(observed.confidence(), 101U)));
    if (!confidence) return Fail(ErrorCode::malformed_input, "confidence has to be 0 to 100");
    seen.confidence = *confidence;
  }
  if (!observed.threat().empty()) {
    const auto threat = policy::ParseThreat(observed.threat());
    if (!threat) return tl::unexpected(threat.error());
    seen.threat = *threat;
  }
  return {};
}

// Makes rows of what callers send to one feed.
class RowReader {
 public:
  RowReader(bool is_detections_feed, std::string by, TimePoint now)
      : is_detections_feed_(is_detections_feed), by_(std::move(by)), now_(now) {}

  Result<PushedRow> Read(const Observed& observed) const {
    auto indicator = IndicatorOf(observed);
    if (!indicator) return tl::unexpected(std::move(indicator.error()));
    if (observed.is_detection() && !is_detections_feed_) {
      return Fail(ErrorCode::not_allowed,
                  "this feed takes no detections: push them to one of the role detections");
    }
    PushedRow row{.seen = {.indicator = *std::move(indicator),
                           .first_seen = now_,
                           .last_seen = now_,
                           .valid_until = std::nullopt,
                           .confidence = std::nullopt,
                           .threat = policy::ThreatType::unknown,
                           .online = std::nullopt,
                           .malware = observed.malware(),
                           .campaign = observed.campaign(),
                           .tags = observed.tags(),
                           .reference = observed.reference()},
                  .is_detection = is_detections_feed_,
                  .withdrawn = observed.withdrawn(),
                  .by = by_};
    row.seen.sightings = is_detections_feed_ ? std::max(observed.sightings(), 1U) : 0;
    if (auto checked = CheckWords(observed); !checked) return tl::unexpected(checked.error());
    if (auto added = AddTimes(observed, row.seen); !added) return tl::unexpected(added.error());
    if (auto added = AddJudgement(observed, row.seen); !added) {
      return tl::unexpected(added.error());
    }
    return row;
  }

 private:
  bool is_detections_feed_;
  std::string by_;
  TimePoint now_;
};

bool IsDetectionsFeed(const World& world, const std::string& name) {
  return std::any_of(world.feeds.begin(), world.feeds.end(), [&](const World::Feed& feed) {
    return feed.profile.name == name && feed.profile.role == policy::FeedRole::detections;
  });
}

Result<void> CheckRequest(const ObserveRequest& request) {
  if (!IsRequestId(request.request_id())) {
    return Fail(ErrorCode::malformed_input,
                "a request_id is required, 1 to 100 of printable ASCII without blanks: a new one "
                "for each request, the same one to repeat it");
  }
  if (request.observations_size() == 0 || request.observations_size() > observations_max) {
    return Fail(ErrorCode::malformed_input,
                "a request has 1 to " + std::to_string(observations_max) + " observations; this " +
                    "has " + std::to_string(request.observations_size()));
  }
  return {};
}

history::Act ActOf(const Caller& caller, const std::string& feed, const FeedControl::Push& push) {
  std::string lines;
  for (const PushedRow& row : push.rows) lines += feeds::LineOf(row);
  const nlohmann::ordered_json detail{{"feed", feed},
                                      {"rows", push.rows.size()},
                                      {"sha256", policy::ToHex(policy::Sha256Of(lines))}};
  return {caller.name, "observe", "push " + feed + " " + push.request_id, detail.dump()};
}

Result<ObserveResponse> Observe(const Desk& desk, const Caller& caller,
                                const ObserveRequest& request) {
  if (auto checked = CheckRequest(request); !checked) return tl::unexpected(checked.error());
  if (auto allowed = CheckFeed(caller, request.feed()); !allowed) {
    return tl::unexpected(allowed.error());
  }
  const RowReader reader(IsDetectionsFeed(*desk.engine.world(), request.feed()), caller.name,
                         desk.clock.Now());
  FeedControl::Push push;
  push.request_id = request.request_id();
  push.fingerprint =
      policy::ToHex(policy::Sha256Of(caller.name + "\n" + request.SerializeAsString()));
  ObserveResponse response;
  for (int i = 0; i < request.observations_size(); ++i) {
    auto row = reader.Read(request.observations(i));
    if (row) {
      push.rows.push_back(*std::move(row));
      continue;
    }
    auto& rejected = *response.add_rejected();
    rejected.set_index(static_cast<std::uint32_t>(i));
    rejected.set_reason(row.error().detail);
  }
  if (request.all_or_nothing() && response.rejected_size() > 0) push.rows.clear();
  // Also when there is nothing to keep: so that a wrong name is found out.
  const auto taken = desk.feeds.TakePush(request.feed(), push);
  if (!taken) return tl::unexpected(taken.error());
  if (!push.rows.empty()) {
    // Not one that was taken and recorded before: it is repeated where the record failed.
    if (auto recorded = desk.engine.RecordOnce(ActOf(caller, request.feed(), push)); !recorded) {
      return tl::unexpected(recorded.error());
    }
  }
  response.set_accepted(push.rows.size());
  response.set_repeated_request(*taken == FeedControl::Taken::before);
  return response;
}

}  // namespace

void AddObserve(MethodTable& table, const Desk& desk) {
  table.Add<ObserveRequest, ObserveResponse>(
      "sekisho.v1.Feeds.Observe",
      [&desk, limit = std::make_shared<RateLimit>(calls_per_second, calls_at_once, desk.clock)](
          const Caller& caller, const auto& request) -> Result<ObserveResponse> {
        if (auto taken = limit->Take(caller.name); !taken) return tl::unexpected(taken.error());
        return Observe(desk, caller, request);
      },
      request_size_max);
}

}  // namespace agent::api

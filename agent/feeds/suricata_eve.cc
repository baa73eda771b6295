#include "agent/feeds/suricata_eve.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "agent/feeds/eve_tally.h"
#include "agent/feeds/feed_text.h"
#include "agent/feeds/log_follower.h"
#include "platform/clock.h"
#include "platform/curl_url.h"
#include "platform/log.h"
#include "policy/quote.h"

namespace agent::feeds {
namespace {

using platform::HttpRequest;
using platform::HttpResponse;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;

// Of reading that brought no alert, so much is repeated rather than have a new document kept.
constexpr std::uint64_t kUnkeptMax = 1024 * 1024;

Result<std::filesystem::path> PathOf(const HttpRequest& request) {
  const auto url = platform::CurlUrl::Parse(request.url);
  if (!url) return tl::unexpected(url.error());
  if (url->scheme() != "file") {
    return Fail(ErrorCode::not_allowed,
                "the log of a sensor is followed on this machine only: its URL has to be a file: "
                "one, not " +
                    policy::Quote(request.url));
  }
  if (!request.allow_file) {
    return Fail(ErrorCode::not_allowed, "a file: URL takes `allow_file: true`");
  }
  return std::filesystem::path(url->file_path());
}

// Reads on, and says whether that changed more than the position.
Result<bool> ReadOn(const std::filesystem::path& path, const EveSettings& settings,
                    std::size_t bytes_max, EveTally& tally) {
  bool is_changed = false;
  const EveSink sink{.event =
                         [&](std::string_view event) {
                           auto alert = ReadEveEvent(event, settings.home);
                           if (!alert) {
                             tally.AddFault(alert.error());
                           } else if (*alert) {
                             tally.Add(**alert);
                           }
                           is_changed |= !alert || *alert;
                         },
                     .fault =
                         [&](std::string_view reason) {
                           tally.AddFault(reason);
                           is_changed = true;
                         }};
  const LogReader reader{
      .begin_file = [&] { tally.scan = EveScan(); },
      .take = [&](std::string_view bytes,
                  bool is_final) { return TakeEveText(bytes, is_final, tally.scan, sink); },
      .lost =
          [&] {
            platform::Warn(
                "{}: the file that was read last is gone or changed, and with it what "
                "was not read yet; have logrotate keep one file uncompressed "
                "(delaycompress)",
                path.string());
          }};
  auto position = FollowLog(path, tally.position, bytes_max, reader);
  if (!position) return tl::unexpected(std::move(position.error()));
  tally.position = *std::move(position);
  return is_changed;
}

bool IsFarFrom(const LogPosition& before, const LogPosition& now) {
  return before.inode != now.inode || now.offset < before.offset ||
         now.offset - before.offset > kUnkeptMax;
}

Result<HttpResponse> Follow(const EveSettings& settings, const HttpRequest& request,
                            std::string_view last_good) {
  const auto path = PathOf(request);
  if (!path) return tl::unexpected(path.error());
  EveTally tally;
  if (!last_good.empty()) {
    auto read = EveTally::Read(last_good);
    if (!read) return tl::unexpected(std::move(read.error()));
    tally = *std::move(read);
  }
  const LogPosition before = tally.position;
  // An event that is not all there is left for the next time, so there has to be room for one.
  const std::size_t bytes_max = std::max(request.body_size_max, 2 * eve_event_size_max);
  auto is_changed = ReadOn(*path, settings, bytes_max, tally);
  if (!is_changed) return tl::unexpected(std::move(is_changed.error()));
  const bool has_forgotten = tally.Forget(settings.now() - settings.retention);
  HttpResponse response;
  response.status = 200;
  if (*is_changed || has_forgotten || last_good.empty() || IsFarFrom(before, tally.position)) {
    response.body = tally.Document();
  } else {
    response.status = 304;
  }
  return response;
}

}  // namespace

HomeNet ReadHomeNet(const config::Node& node) {
  if (!node.present()) return {};
  std::vector<policy::IpPrefix> prefixes;
  for (const config::Node& each : node.AsList()) {
    if (auto prefix = policy::IpPrefix::Parse(each.AsString())) {
      prefixes.push_back(*prefix);
    } else {
      each.Fail(prefix.error().detail);
    }
  }
  return HomeNet(std::move(prefixes));
}

Collector FollowEve(EveSettings settings) {
  return [settings = std::move(settings)](platform::HttpClient& /*client*/,
                                          const HttpRequest& request, std::string_view last_good) {
    return Follow(settings, request, last_good);
  };
}

FeedFormat MakeSuricataEve(const config::Node& source) {
  EveSettings settings;
  settings.home = ReadHomeNet(source.Optional("home_net"));
  settings.retention = source.Optional("retention").AsDuration(settings.retention);
  settings.now = [] { return platform::SystemClock().Now(); };
  FeedFormat format{true, ParseEveTally, FollowEve(std::move(settings))};
  format.is_own = true;
  format.role = policy::FeedRole::detections;
  format.interval_default = std::chrono::seconds(10);
  return format;
}

Result<FeedSnapshot> ParseEveTally(std::string_view bytes, policy::TimePoint /*fetched_at*/,
                                   std::size_t rows_max) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  const auto tally = EveTally::Read(*text);
  if (!tally) return Fail(ErrorCode::malformed_input, tally.error().detail);
  FeedSnapshot snapshot = tally->Snapshot();
  if (snapshot.observations.size() > rows_max) {
    return Fail(ErrorCode::exhausted, "there are more than " + std::to_string(rows_max) +
                                          " indicators: raise rows_max, or shorten the retention");
  }
  return snapshot;
}

}  // namespace agent::feeds

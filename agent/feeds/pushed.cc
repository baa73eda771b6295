#include "agent/feeds/pushed.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <stdexcept>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include "agent/feeds/feed_text.h"
#include "agent/feeds/snapshot_builder.h"
#include "agent/feeds/spool.h"
#include "platform/clock.h"

namespace agent::feeds {
namespace {

using Json = nlohmann::json;
using policy::ErrorCode;
using policy::Fail;
using policy::Observation;
using policy::Result;
using policy::TimePoint;

constexpr std::string_view kMagic = "pushed 1";

std::string Dump(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Throws what value() throws, like any other field that is not what LineOf writes.
TimePoint TimeOf(const Json& json) {
  return policy::ParseTime(json.get<std::string>()).value();
}

// A conversion from a negative or broken number would be undefined.
template <class Number>
Number NumberOf(const Json& json) {
  if (!json.is_number_unsigned() ||
      json.get<std::uint64_t>() > static_cast<std::uint64_t>(std::numeric_limits<Number>::max())) {
    throw std::invalid_argument("no number");
  }
  return json.get<Number>();
}

PushedRow RowOf(const Json& json) {
  PushedRow row{.seen = SeenAt(policy::ParseLine(json.at("indicator").get<std::string>()).value(),
                               TimeOf(json.at("last")))};
  Observation& seen = row.seen;
  seen.first_seen = TimeOf(json.at("first"));
  if (seen.first_seen > seen.last_seen) throw std::invalid_argument("first after last");
  if (json.contains("until")) seen.valid_until = TimeOf(json.at("until"));
  if (json.contains("confidence")) {
    seen.confidence = policy::Confidence::FromPercent(NumberOf<int>(json.at("confidence"))).value();
  }
  seen.threat = policy::ParseThreat(json.value("threat", "unknown")).value();
  if (json.contains("sightings")) seen.sightings = NumberOf<std::uint32_t>(json.at("sightings"));
  seen.malware = json.value("malware", "");
  seen.campaign = json.value("campaign", "");
  seen.tags = json.value("tags", "");
  seen.reference = json.value("reference", "");
  row.is_detection = json.value("detection", false);
  row.withdrawn = json.value("withdrawn", false);
  row.by = json.value("by", "");
  return row;
}

std::uint32_t AddUp(std::uint32_t a, std::uint32_t b) {
  return a > std::numeric_limits<std::uint32_t>::max() - b
             ? std::numeric_limits<std::uint32_t>::max()
             : a + b;
}

}  // namespace

std::string LineOf(const PushedRow& row) {
  const Observation& seen = row.seen;
  Json json{{"indicator", policy::LineOf(seen.indicator)},
            {"first", policy::FormatTime(seen.first_seen)},
            {"last", policy::FormatTime(seen.last_seen)},
            {"by", row.by}};
  if (seen.valid_until) json["until"] = policy::FormatTime(*seen.valid_until);
  if (seen.confidence) json["confidence"] = seen.confidence->percent();
  if (seen.threat != policy::ThreatType::unknown) json["threat"] = policy::Name(seen.threat);
  if (seen.sightings > 0) json["sightings"] = seen.sightings;
  if (!seen.malware.empty()) json["malware"] = seen.malware;
  if (!seen.campaign.empty()) json["campaign"] = seen.campaign;
  if (!seen.tags.empty()) json["tags"] = seen.tags;
  if (!seen.reference.empty()) json["reference"] = seen.reference;
  if (row.is_detection) json["detection"] = true;
  if (row.withdrawn) json["withdrawn"] = true;
  return Dump(json);
}

Result<PushedRow> ReadPushedRow(std::string_view line) {
  try {
    if (line.size() <= line_size_max) return RowOf(Json::parse(line));
  } catch (const std::exception&) {
    // Below, as for a line that is too long.
  }
  return Fail(ErrorCode::corrupt, "a pushed row is not what this program writes");
}

Result<PushedRows> PushedRows::Read(std::string_view document) {
  PushedRows rows;
  bool is_good = true;
  bool is_first = true;
  ForEachLine(document, [&](std::size_t, std::string_view line) {
    if (!is_good) return;
    if (std::exchange(is_first, false)) {
      const Json header = Json::parse(line.substr(0, line_size_max), nullptr, false);
      is_good = header.is_object() && header.contains("spool") && header["spool"].is_string() &&
                header.value("sekisho", Json()) == kMagic && header.contains("applied") &&
                header["applied"].is_number_unsigned();
      if (!is_good) return;
      rows.spool_id = header["spool"];
      rows.applied = header["applied"];
      return;
    }
    auto row = ReadPushedRow(line);
    is_good = row && !row->withdrawn;
    if (!is_good) return;
    const policy::Indicator indicator = row->seen.indicator;
    rows.rows_.insert_or_assign(indicator, *std::move(row));
  });
  if (is_good && !is_first) return rows;
  return Fail(ErrorCode::corrupt, "the file of pushed rows is not what this program writes");
}

std::string PushedRows::Document() const {
  std::string text = Dump({{"sekisho", kMagic}, {"spool", spool_id}, {"applied", applied}});
  for (const auto& [indicator, row] : rows_) text += LineOf(row);
  return text;
}

void PushedRows::Apply(PushedRow row) {
  const auto known = rows_.find(row.seen.indicator);
  if (row.withdrawn) {
    if (known != rows_.end()) rows_.erase(known);
    return;
  }
  if (known == rows_.end()) {
    const policy::Indicator indicator = row.seen.indicator;
    rows_.emplace(indicator, std::move(row));
    return;
  }
  Observation& before = known->second.seen;
  row.seen.first_seen = std::min(row.seen.first_seen, before.first_seen);
  if (row.is_detection) {
    row.seen.last_seen = std::max(row.seen.last_seen, before.last_seen);
    row.seen.sightings = AddUp(row.seen.sightings, before.sightings);
  }
  known->second = std::move(row);
}

bool PushedRows::Forget(TimePoint now, std::chrono::seconds retention, std::size_t rows_max) {
  const std::size_t size = rows_.size();
  std::erase_if(rows_, [&](const auto& each) {
    const Observation& seen = each.second.seen;
    return seen.last_seen < now - retention || (seen.valid_until && *seen.valid_until <= now);
  });
  if (rows_.size() > rows_max) {
    std::vector<TimePoint> times;
    for (const auto& [indicator, row] : rows_) times.push_back(row.seen.last_seen);
    const auto newest_gone =
        times.begin() + static_cast<std::ptrdiff_t>(times.size() - rows_max - 1);
    std::nth_element(times.begin(), newest_gone, times.end());
    std::size_t too_many = rows_.size() - rows_max;
    std::erase_if(rows_, [&](const auto& each) {
      return each.second.seen.last_seen <= *newest_gone && too_many > 0 && too_many-- > 0;
    });
  }
  return rows_.size() != size;
}

FeedSnapshot PushedRows::Snapshot() const {
  FeedSnapshot snapshot;
  for (const auto& [indicator, row] : rows_) {
    Observation& seen = snapshot.observations.emplace_back(row.seen);
    if (!row.by.empty()) seen.tags += (seen.tags.empty() ? "by:" : ",by:") + row.by;
  }
  snapshot.rows_total = rows_.size();
  return snapshot;
}

namespace {

Result<void> Apply(const std::vector<Spool::Batch>& batches, PushedRows& rows) {
  for (const Spool::Batch& batch : batches) {
    if (batch.number <= rows.applied) continue;
    bool is_good = true;
    ForEachLine(batch.rows, [&](std::size_t, std::string_view line) {
      auto row = ReadPushedRow(line);
      is_good = is_good && row;
      if (row) rows.Apply(*std::move(row));
    });
    if (!is_good) return Fail(ErrorCode::corrupt, "a row in the spool is damaged");
    rows.applied = batch.number;
  }
  return {};
}

Result<platform::HttpResponse> Merge(Spool& spool, const PushSettings& settings,
                                     std::string_view last_good) {
  PushedRows rows;
  if (!last_good.empty()) {
    auto read = PushedRows::Read(last_good);
    if (!read) return tl::unexpected(std::move(read.error()));
    rows = *std::move(read);
    // It was read back from the disk, so what is in it need not wait any more.
    auto dropped = spool.DropThrough(rows.spool_id, rows.applied);
    if (!dropped) return tl::unexpected(std::move(dropped.error()));
  }
  auto backlog = spool.Read();
  if (!backlog) return tl::unexpected(std::move(backlog.error()));
  if (rows.spool_id != backlog->spool_id) {
    rows.spool_id = backlog->spool_id;
    rows.applied = 0;
  }
  const std::uint64_t before = rows.applied;
  if (auto applied = Apply(backlog->batches, rows); !applied) {
    return tl::unexpected(std::move(applied.error()));
  }
  const bool has_forgotten = rows.Forget(settings.now(), settings.retention, settings.rows_max);
  platform::HttpResponse response;
  const bool is_changed = rows.applied != before || has_forgotten || last_good.empty();
  response.status = is_changed ? 200 : 304;
  if (is_changed) response.body = rows.Document();
  return response;
}

}  // namespace

Collector CollectPushed(std::shared_ptr<Spool> spool, PushSettings settings) {
  return [spool = std::move(spool), settings = std::move(settings)](
             platform::HttpClient& /*client*/, const platform::HttpRequest& /*request*/,
             std::string_view last_good) { return Merge(*spool, settings, last_good); };
}

FeedFormat MakePush(const config::Node& source) {
  PushSettings settings;
  settings.retention = source.Optional("retention").AsDuration(settings.retention);
  settings.rows_max = static_cast<std::size_t>(
      source.Optional("rows_max")
          .AsInt(1, 10'000'000, static_cast<std::int64_t>(settings.rows_max)));
  settings.now = [] { return platform::SystemClock().Now(); };
  FeedFormat format{true, ParsePushed, nullptr};
  format.is_own = true;
  format.collect_pushed = [settings = std::move(settings)](std::shared_ptr<Spool> spool) {
    return CollectPushed(std::move(spool), settings);
  };
  return format;
}

Result<FeedSnapshot> ParsePushed(std::string_view bytes, TimePoint /*fetched_at*/,
                                 std::size_t rows_max) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  const auto rows = PushedRows::Read(*text);
  if (!rows) return Fail(ErrorCode::malformed_input, rows.error().detail);
  FeedSnapshot snapshot = rows->Snapshot();
  if (snapshot.observations.size() <= rows_max) return snapshot;
  return Fail(ErrorCode::exhausted,
              "there are more than " + std::to_string(rows_max) + " rows: raise rows_max");
}

}  // namespace agent::feeds

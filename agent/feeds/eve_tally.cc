#include "agent/feeds/eve_tally.h"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <utility>

#include <nlohmann/json.hpp>

#include "agent/feeds/feed_text.h"
#include "agent/feeds/snapshot_builder.h"

namespace agent::feeds {
namespace {

using Json = nlohmann::json;
using policy::ErrorCode;
using policy::Fail;
using policy::Result;
using policy::TimePoint;

constexpr std::string_view kMagic = "detections 1";
constexpr std::size_t kSignaturesMax = 5;
constexpr std::size_t kClientsMax = 64;
constexpr std::size_t kIndicatorsMax = 100'000;
constexpr std::size_t kTagsSizeMax = 1000;

std::string Line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

// Throws what value() throws, like any other field that is not what Document writes.
TimePoint TimeAt(const Json& json, const char* key) {
  return policy::ParseTime(json.at(key).get<std::string>()).value();
}

// A conversion from a negative or broken number would be undefined.
std::uint64_t CountIn(const Json& json) {
  constexpr std::uint64_t count_max = std::uint64_t{1} << 48U;
  if (!json.is_number_unsigned() || json.get<std::uint64_t>() > count_max) {
    throw std::invalid_argument("no count");
  }
  return json.get<std::uint64_t>();
}

void ReadHeader(const Json& json, EveTally& tally) {
  if (json.at("sekisho") != kMagic) throw std::invalid_argument("another document");
  const Json& position = json.at("position");
  if (!position.at("inode").is_number_unsigned()) throw std::invalid_argument("no inode");
  tally.position = {position.at("inode"), CountIn(position.at("offset")),
                    CountIn(position.at("head_size")), position.at("head_sha256")};
  tally.scan.form =
      static_cast<EveScan::Form>(std::min<std::uint64_t>(CountIn(json.at("form")), 2));
  tally.scan.is_skipping = json.at("skipping");
}

}  // namespace

Result<EveTally> EveTally::Read(std::string_view document) {
  EveTally tally;
  bool is_first = true;
  bool is_good = true;
  ForEachLine(document, [&](std::size_t, std::string_view line) {
    if (!is_good || line.size() > line_size_max) {
      is_good = false;
      return;
    }
    try {
      const Json json = Json::parse(line);
      if (std::exchange(is_first, false)) {
        ReadHeader(json, tally);
        for (const auto& [reason, count] : json.at("faults").items()) {
          tally.faults_[reason] = CountIn(count);
        }
        return;
      }
      auto indicator = policy::ParseLine(json.at("indicator").get<std::string>()).value();
      Entry& entry = tally.entries_[std::move(indicator)];
      entry = {CountIn(json.at("count")), TimeAt(json, "first"), TimeAt(json, "last"),
               json.at("signatures"), json.at("clients")};
      is_good = entry.first <= entry.last;
    } catch (const std::exception&) {
      is_good = false;
    }
  });
  if (is_good && !is_first) return tally;
  return Fail(ErrorCode::corrupt, "the tally of detections is not what this program writes");
}

std::string EveTally::Document() const {
  std::string text = Line({{"sekisho", kMagic},
                           {"position",
                            {{"inode", position.inode},
                             {"offset", position.offset},
                             {"head_size", position.head_size},
                             {"head_sha256", position.head_sha256}}},
                           {"form", static_cast<unsigned>(scan.form)},
                           {"skipping", scan.is_skipping},
                           {"faults", faults_}});
  for (const auto& [indicator, entry] : entries_) {
    text += Line({{"indicator", policy::LineOf(indicator)},
                  {"count", entry.count},
                  {"first", policy::FormatTime(entry.first)},
                  {"last", policy::FormatTime(entry.last)},
                  {"signatures", entry.signatures},
                  {"clients", entry.clients}});
  }
  return text;
}

void EveTally::Add(const EveAlert& alert) {
  for (const policy::Indicator& indicator : alert.indicators) {
    const auto [at, is_new] = entries_.try_emplace(indicator);
    Entry& entry = at->second;
    entry.first = is_new ? alert.at : std::min(entry.first, alert.at);
    entry.last = is_new ? alert.at : std::max(entry.last, alert.at);
    ++entry.count;
    auto& known = entry.signatures;
    if (known.size() < kSignaturesMax &&
        std::find(known.begin(), known.end(), alert.signature) == known.end()) {
      known.push_back(alert.signature);
    }
    if (!alert.client.empty() && entry.clients.size() < kClientsMax) {
      entry.clients.insert(alert.client);
    }
  }
}

bool EveTally::Forget(TimePoint before) {
  const std::size_t size = entries_.size();
  std::erase_if(entries_, [before](const auto& each) { return each.second.last < before; });
  if (entries_.size() > kIndicatorsMax) {
    std::vector<TimePoint> times;
    for (const auto& [indicator, entry] : entries_) times.push_back(entry.last);
    // All of the second in which the cap is reached go, rather than some of them at random.
    const auto newest_gone =
        times.begin() + static_cast<std::ptrdiff_t>(times.size() - kIndicatorsMax - 1);
    std::nth_element(times.begin(), newest_gone, times.end());
    std::erase_if(entries_, [&](const auto& each) { return each.second.last <= *newest_gone; });
  }
  return entries_.size() != size;
}

FeedSnapshot EveTally::Snapshot() const {
  FeedSnapshot snapshot;
  snapshot.rejected_by_reason = faults_;
  for (const auto& [reason, count] : faults_) snapshot.rows_total += count;
  for (const auto& [indicator, entry] : entries_) {
    policy::Observation seen = SeenAt(indicator, entry.last);
    seen.first_seen = entry.first;
    seen.sightings = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(entry.count, std::numeric_limits<std::uint32_t>::max()));
    seen.tags = TagsOf(entry);
    snapshot.observations.push_back(std::move(seen));
    ++snapshot.rows_total;
  }
  return snapshot;
}

// "clients:3,2001219 ET SCAN Potential SSH Scan"
std::string EveTally::TagsOf(const Entry& entry) {
  std::string tags = "clients:" + std::to_string(entry.clients.size());
  if (entry.clients.size() == kClientsMax) tags += " or more";
  for (std::string signature : entry.signatures) {
    std::replace(signature.begin(), signature.end(), ',', ' ');
    if (tags.size() + signature.size() < kTagsSizeMax) tags += "," + signature;
  }
  return tags;
}

}  // namespace agent::feeds

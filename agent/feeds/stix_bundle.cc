#include "agent/feeds/stix_bundle.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <utility>

#include "agent/feeds/feed_text.h"
#include "agent/feeds/snapshot_builder.h"
#include "agent/feeds/stix_model.h"
#include "agent/feeds/stix_objects.h"

namespace agent::feeds {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Observation;
using policy::Result;
using policy::TimePoint;

// Gathers all objects first, since what an indicator means may be said before or after it.
class BundleReader {
 public:
  BundleReader(const StixOptions& options, std::size_t rows_max)
      : options_(options), rows_max_(rows_max), builder_(rows_max) {}

  void Take(const nlohmann::json& object) {
    ++objects_;
    if (StixText(object, "type") != "indicator") return context_.Take(object);
    if (++rows_ > rows_max_) return;  // Finish fails then
    StixIndicator indicator = ReadStixIndicator(object, objects_);
    const StixVersionTime version = indicator.version;
    // One without an id can't have versions.
    const std::string id = indicator.id.empty() ? "#" + std::to_string(objects_) : indicator.id;
    indicators_.Put(id, version, std::move(indicator));
  }

  Result<FeedSnapshot> Finish() && {
    if (rows_ > rows_max_) {
      return Fail(ErrorCode::exhausted, "the file has more than " + std::to_string(rows_max_) +
                                            " indicators: raise the feed's cap if that is right");
    }
    context_.Resolve();
    std::vector<const StixIndicator*> in_order;
    indicators_.ForEach([&](const std::string& /*id*/, const StixIndicator& indicator) {
      in_order.push_back(&indicator);
    });
    for (std::size_t i = in_order.size(); i < rows_; ++i) builder_.PassOver("older versions");
    std::sort(in_order.begin(), in_order.end(),
              [](const auto* a, const auto* b) { return a->number < b->number; });
    for (const StixIndicator* indicator : in_order) {
      if (!builder_.full()) Read(*indicator);
    }
    return std::move(builder_).Finish();
  }

 private:
  void Read(const StixIndicator& indicator) {
    // A withdrawal is news as well.
    if (indicator.version.time) builder_.NoteTime(*indicator.version.time);
    const std::optional<Tlp> tlp = context_.TlpOf(indicator);
    if (tlp && *tlp > options_.tlp_max) return builder_.PassOver("TLP above tlp_max");
    if (indicator.revoked) return builder_.KeepAsContext("revoked");
    if (indicator.IsBenign()) return builder_.KeepAsContext("benign");
    if (indicator.pattern_type != "stix") {
      return builder_.KeepAsContext("patterns of another language");
    }
    if (indicator.pattern.empty()) return builder_.Reject(indicator.number, "no pattern");
    auto pattern = ParseStixPattern(indicator.pattern, indicator.pattern_version);
    if (!pattern) return builder_.Reject(indicator.number, "pattern", pattern.error().detail);
    auto observation = Describe(indicator, tlp);
    if (!observation) return builder_.Reject(indicator.number, "time", observation.error().detail);
    AddAll(indicator.number, FindNetworkIndicators(*pattern, options_.ports),
           *std::move(observation));
  }

  void AddAll(std::size_t number, StixFindings findings, Observation observation) {
    std::set<std::string_view> reasons;
    for (const StixRemainder& remainder : findings.remainders) {
      if (remainder.is_faulty()) {
        builder_.Reject(number, remainder.reason, remainder.detail);
      } else if (reasons.insert(remainder.reason).second) {
        builder_.KeepAsContext(remainder.reason);
      }
    }
    if (findings.indicators.empty() && findings.remainders.empty()) {
      builder_.Reject(number, "no value");  // IN ()
    }
    for (policy::Indicator& indicator : findings.indicators) {
      observation.indicator = std::move(indicator);
      builder_.Add(observation);
    }
  }

  // All but the indicator itself.
  Result<Observation> Describe(const StixIndicator& indicator, std::optional<Tlp> tlp) const {
    const auto valid_from = TimeOr(indicator.valid_from, indicator.version.text);
    if (!valid_from) return tl::unexpected(valid_from.error());
    const auto created = TimeOr(indicator.created, indicator.valid_from);
    const TimePoint modified = indicator.version.time.value_or(*valid_from);
    // SeenAt wants an indicator, which AddAll replaces.
    Observation observation =
        SeenAt(policy::FileHash::Parse("00000000000000000000000000000000").value(), *valid_from);
    observation.first_seen = std::min({created.value_or(*valid_from), *valid_from, modified});
    observation.last_seen = std::max(modified, *valid_from);
    if (!indicator.valid_until.empty()) {
      const auto until = policy::ParseTime(indicator.valid_until);
      if (!until) return tl::unexpected(until.error());
      observation.valid_until = *until;
    }
    observation.confidence = indicator.confidence;
    observation.threat = indicator.threat;
    observation.sightings = context_.SightingsOf(indicator.id);
    observation.malware = context_.MalwareOf(indicator.id);
    observation.campaign = context_.CampaignOf(indicator.id);
    observation.tags = TagsOf(indicator, tlp);
    observation.reference = indicator.reference;
    return observation;
  }

  static Result<TimePoint> TimeOr(const std::string& text, const std::string& fallback) {
    return policy::ParseTime(text.empty() ? fallback : text);
  }

  static std::string TagsOf(const StixIndicator& indicator, std::optional<Tlp> tlp) {
    std::string tags(tlp ? TagOf(*tlp) : "");
    for (const std::string& label : indicator.labels) {
      if (ParseTlp(label)) continue;
      tags.append(tags.empty() ? "" : ",").append(label);
    }
    return tags;
  }

  StixOptions options_;
  std::size_t rows_max_;
  SnapshotBuilder builder_;
  StixContext context_;
  NewestById<StixIndicator> indicators_;
  std::size_t objects_ = 0;
  std::uint64_t rows_ = 0;
};

}  // namespace

StixOptions ReadStixOptions(const config::Node& source) {
  return {ReadTlpMax(source),
          source.Optional("drop_ports").AsBool(false) ? StixPorts::drop : StixPorts::refuse};
}

Result<FeedSnapshot> ParseStix(std::string_view bytes, const StixOptions& options,
                               std::size_t rows_max) {
  const auto text = CheckFeedText(bytes);
  if (!text) return tl::unexpected(text.error());
  BundleReader reader(options, rows_max);
  const auto document =
      ForEachStixObject(*text, [&reader](nlohmann::json& object) { reader.Take(object); });
  if (!document) return tl::unexpected(document.error());
  return std::move(reader).Finish();
}

}  // namespace agent::feeds

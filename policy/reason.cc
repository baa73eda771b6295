#include "policy/reason.h"

#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <utility>

#include "policy/freshness.h"

namespace policy {
namespace {

// Room for a usual sentence: a list of a million is a few million sentences, and growing each one
// step by step would cost more than deciding.
constexpr std::size_t sentence_size_usual = 160;

std::string Sentence(std::string_view begin) {
  std::string text;
  text.reserve(sentence_size_usual);
  text.append(begin);
  return text;
}

std::string Plural(std::size_t count, std::string_view noun) {
  std::string text = std::to_string(count);
  text.append(" ").append(noun);
  if (count != 1) text += 's';
  return text;
}

const SourcedObservation& Newest(std::span<const SourcedObservation> observations) {
  return *std::max_element(observations.begin(), observations.end(),
                           [](const SourcedObservation& a, const SourcedObservation& b) {
                             return a.observation->last_seen < b.observation->last_seen;
                           });
}

Confidence ConfidenceOf(const SourcedObservation& sourced) {
  return sourced.observation->confidence.value_or(sourced.feed->default_confidence);
}

// Adds "urlhaus says 80, believed to 90 %; ..." for each feed's strongest observation; at most
// three.
void AppendVoices(std::span<const SourcedObservation> fresh, std::string& text) {
  absl::InlinedVector<SourcedObservation, 4> strongest;
  for (const SourcedObservation& sourced : fresh) {
    const auto known =
        std::find_if(strongest.begin(), strongest.end(),
                     [&](const SourcedObservation& s) { return s.feed == sourced.feed; });
    if (known == strongest.end()) {
      strongest.push_back(sourced);
    } else if (ConfidenceOf(*known) < ConfidenceOf(sourced)) {
      *known = sourced;
    }
  }
  constexpr std::size_t told_max = 3;
  for (std::size_t i = 0; i < std::min(strongest.size(), told_max); ++i) {
    if (i > 0) text += "; ";
    text.append(strongest[i].feed->name).append(" says ");
    text.append(std::to_string(ConfidenceOf(strongest[i]).percent())).append(", believed to ");
    text.append(std::to_string(strongest[i].feed->reliability.percent())).append(" %");
  }
  if (strongest.size() > told_max) {
    text += "; and " + Plural(strongest.size() - told_max, "more feed");
  }
}

Reason AboutConfidence(ReasonCode code, std::string_view verdict, Confidence combined,
                       const Policy& policy, std::span<const SourcedObservation> fresh) {
  std::string text = Sentence("Confidence ");
  text.append(std::to_string(combined.percent())).append(verdict);
  text.append(std::to_string(policy.confidence_min.percent())).append(": ");
  AppendVoices(fresh, text);
  text += '.';
  return {code, std::move(text)};
}

std::string_view RelationText(AllowRelation relation) {
  switch (relation) {
    case AllowRelation::equal: return "It is ";
    case AllowRelation::inside_entry: return "It lies inside ";
    case AllowRelation::contains_entry: return "It contains ";
  }
  return "It touches ";
}

std::string_view EffectText(AllowEffect effect) {
  switch (effect) {
    case AllowEffect::review: return "which two people must have looked at";
    case AllowEffect::url_only: return "of which only single URLs may be blocked";
    case AllowEffect::never: return "of which nothing may be blocked";
  }
  return "which may not be blocked";
}

}  // namespace

Reason NotFresh(const SourcedObservation* newest, std::chrono::seconds age_max, TimePoint now) {
  if (newest == nullptr) return {ReasonCode::stale, "No feed says anything of it now."};
  const Observation& seen = *newest->observation;
  std::string text = Sentence(newest->feed->name);
  text.append(" saw it last at ").append(FormatTime(seen.last_seen));
  if (AssessFreshness(seen, age_max, now) == Freshness::from_the_future) {
    text += ", which is in the future: the feed's clock is not to be believed.";
    return {ReasonCode::from_the_future, std::move(text)};
  }
  if (seen.last_seen < now - age_max) {
    text.append(", more than ").append(FormatDuration(age_max)).append(" ago.");
  } else {
    text.append(", but let it expire at ").append(FormatTime(*seen.valid_until)).append(".");
  }
  return {ReasonCode::stale, std::move(text)};
}

Reason Fresh(std::span<const SourcedObservation> fresh, std::chrono::seconds age_max) {
  const SourcedObservation& newest = Newest(fresh);
  std::string text = Sentence(newest.feed->name);
  text.append(" saw it last at ").append(FormatTime(newest.observation->last_seen));
  text.append(", within the last ").append(FormatDuration(age_max));
  if (fresh.size() > 1) {
    text.append(", the newest of ").append(Plural(fresh.size(), "fresh observation"));
  }
  text += '.';
  return {ReasonCode::fresh, std::move(text)};
}

Reason LowConfidence(Confidence combined, const Policy& policy,
                     std::span<const SourcedObservation> fresh) {
  return AboutConfidence(ReasonCode::low_confidence, " is below the least, ", combined, policy,
                         fresh);
}

Reason Confident(Confidence combined, const Policy& policy,
                 std::span<const SourcedObservation> fresh) {
  return AboutConfidence(ReasonCode::confident, " reaches the least, ", combined, policy, fresh);
}

Reason HostOfUrls(std::size_t count, const Url& example) {
  return {ReasonCode::host_of_urls,
          Plural(count, "observation") + " of URLs on it, such as " + example.text() + "."};
}

Reason OnAllowlist(ReasonCode code, const AllowHit& hit) {
  std::string text = Sentence(RelationText(hit.relation));
  text.append(hit.entry).append(" on the allowlist ").append(hit.source->name);
  text.append(" (").append(Name(hit.source->category)).append("), ");
  text.append(EffectText(hit.source->effect)).append(".");
  if (hit.note) {
    text.append(" ").append(hit.note->owner).append(" says: ").append(hit.note->reason);
    if (hit.note->expires)
      text.append(" (until ").append(FormatTime(*hit.note->expires)).append(")");
    text += '.';
  }
  return {code, std::move(text)};
}

}  // namespace policy

#include "policy/reason.h"

#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <utility>

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

// Of what feeds say; detections only move its time.
const Weighed& Newest(std::span<const Weighed> fresh) {
  return *std::max_element(fresh.begin(), fresh.end(), [](const Weighed& a, const Weighed& b) {
    if (a.is_detection() != b.is_detection()) return a.is_detection();
    return a.aged.seen_at < b.aged.seen_at;
  });
}

// "urlhaus saw it last at ..."
void AppendSeen(const Weighed& one, std::string& text) {
  const TimePoint last_seen = one.sourced.last_seen();
  text.append(one.sourced.feed->name).append(" saw it last at ").append(FormatTime(last_seen));
  if (one.aged.seen_at > last_seen) {
    text.append(", and it was sighted at ").append(FormatTime(one.aged.seen_at));
  }
}

void AppendVoice(const Weighed& one, std::string& text) {
  text.append(one.sourced.feed->name).append(one.is_detection() ? " confirms with " : " says ");
  text.append(std::to_string(one.stated.percent()));
  if (one.confidence != one.stated) {
    text.append(" (").append(std::to_string(one.confidence.percent())).append(" after ");
    const bool is_doubted = one.sourced.observation->false_positives > 0;
    if (is_doubted) text += "reports of false positives";
    if (one.aged.remaining < 100) text += is_doubted ? " and age" : "age";
    text += ')';
  }
  text.append(", believed to ");
  text.append(std::to_string(one.sourced.feed->reliability.percent())).append(" %");
}

// Adds "urlhaus says 80, believed to 90 %; ..." for each feed's strongest observation; at most
// three.
void AppendVoices(std::span<const Weighed> fresh, std::string& text) {
  absl::InlinedVector<const Weighed*, 4> strongest;
  for (const Weighed& one : fresh) {
    const auto known = std::find_if(strongest.begin(), strongest.end(), [&](const Weighed* s) {
      return s->sourced.feed == one.sourced.feed;
    });
    if (known == strongest.end()) {
      strongest.push_back(&one);
    } else if ((*known)->confidence < one.confidence) {
      *known = &one;
    }
  }
  constexpr std::size_t told_max = 3;
  for (std::size_t i = 0; i < std::min(strongest.size(), told_max); ++i) {
    if (i > 0) text += "; ";
    AppendVoice(*strongest[i], text);
  }
  if (strongest.size() > told_max) {
    text += "; and " + Plural(strongest.size() - told_max, "more feed");
  }
}

Reason AboutConfidence(ReasonCode code, std::string_view verdict, Confidence combined,
                       const Policy& policy, std::span<const Weighed> fresh,
                       const Refutation& refutation) {
  std::string text = Sentence("Confidence ");
  text.append(std::to_string(combined.percent())).append(verdict);
  text.append(std::to_string(policy.confidence_min.percent())).append(": ");
  AppendVoices(fresh, text);
  text += '.';
  if (refutation.verdicts > 0) {
    text += " People refused it as a false positive " + Plural(refutation.verdicts, "time") +
            ", which takes it down from " + std::to_string(refutation.before.percent()) + ".";
  }
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

Reason NotFresh(const Weighed* newest, TimePoint now) {
  if (newest == nullptr) return {ReasonCode::stale, "No feed says anything of it now."};
  const Aged& aged = newest->aged;
  const auto& valid_until = newest->sourced.observation->valid_until;
  std::string text = Sentence("");
  AppendSeen(*newest, text);
  if (aged.freshness == Freshness::from_the_future) {
    text += ", which is in the future: the feed's clock is not to be believed.";
    return {ReasonCode::from_the_future, std::move(text)};
  }
  if (valid_until && *valid_until <= now) {
    text.append(", but let it expire at ").append(FormatTime(*valid_until)).append(".");
  } else if (aged.seen_at < now - aged.age_max) {
    text.append(", more than ").append(FormatDuration(aged.age_max)).append(" ago.");
  } else {
    text.append("; age leaves ").append(std::to_string(aged.remaining));
    text += " % of its score, which is below the threshold.";
  }
  return {ReasonCode::stale, std::move(text)};
}

Reason DetectionsOnly(std::span<const Weighed> fresh) {
  const Weighed& newest = Newest(fresh);
  std::string text = Sentence("Only our own sensors name it: ");
  AppendSeen(newest, text);
  text += ". They give second opinions, and propose nothing by themselves.";
  return {ReasonCode::detections_only, std::move(text)};
}

Reason Fresh(std::span<const Weighed> fresh) {
  const Weighed& newest = Newest(fresh);
  std::string text = Sentence("");
  AppendSeen(newest, text);
  text.append(", within the last ").append(FormatDuration(newest.aged.age_max));
  if (fresh.size() > 1) {
    text.append(", the newest of ").append(Plural(fresh.size(), "fresh observation"));
  }
  text += '.';
  return {ReasonCode::fresh, std::move(text)};
}

std::optional<Reason> Online(std::span<const Weighed> fresh) {
  const auto found = std::find_if(fresh.begin(), fresh.end(), [](const Weighed& one) {
    return one.sourced.observation->online.value_or(false);
  });
  if (found == fresh.end()) return std::nullopt;
  std::string text = Sentence("The last probe of ");
  text.append(found->sourced.feed->name).append(" found it online.");
  return Reason{ReasonCode::online, std::move(text)};
}

Reason LowConfidence(Confidence combined, const Policy& policy, std::span<const Weighed> fresh,
                     const Refutation& refutation) {
  return AboutConfidence(ReasonCode::low_confidence, " is below the least, ", combined, policy,
                         fresh, refutation);
}

Reason Confident(Confidence combined, const Policy& policy, std::span<const Weighed> fresh,
                 const Refutation& refutation) {
  return AboutConfidence(ReasonCode::confident, " reaches the least, ", combined, policy, fresh,
                         refutation);
}

Reason HostOfUrls(std::size_t count, const Url& example) {
  return {ReasonCode::host_of_urls,
          Plural(count, "observation") + " of URLs on it, such as " + example.text() + "."};
}

Reason BesidePopular(const std::string& registrable, const AllowHit& hit) {
  std::string text = Sentence("It belongs to ");
  text.append(registrable).append(", as the popular ").append(hit.entry);
  text.append(" on the allowlist ").append(hit.source->name).append(" does.");
  return {ReasonCode::beside_popular, std::move(text)};
}

std::optional<Reason> KnownLong(std::span<const Weighed> fresh, TimePoint then) {
  const Weighed* oldest = nullptr;
  for (const Weighed& one : fresh) {
    const TimePoint first_seen = one.sourced.observation->first_seen;
    if (one.is_detection() || first_seen >= then) continue;
    if (oldest == nullptr || first_seen < oldest->sourced.observation->first_seen) oldest = &one;
  }
  if (oldest == nullptr) return std::nullopt;
  std::string text = Sentence(oldest->sourced.feed->name);
  text.append(" first saw it at ").append(FormatTime(oldest->sourced.observation->first_seen));
  text += ": a name that lives so long may be somebody's own.";
  return Reason{ReasonCode::known_long, std::move(text)};
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

Reason ManyClients(std::uint64_t alone_max) {
  return {ReasonCode::many_clients,
          "More than " + std::to_string(alone_max) +
              " of our own clients used it in the last 14 days: a block takes two people."};
}

}  // namespace policy

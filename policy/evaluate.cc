#include "policy/evaluate.h"

#include <absl/container/inlined_vector.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "policy/minimise.h"
#include "policy/reason.h"
#include "policy/weigh.h"

namespace policy {
namespace {

// A prefix split into more parts than these is no longer what a person can judge.
constexpr std::size_t split_parts_max = 64;
// Hits told of one indicator; they are sorted, strongest first.
constexpr std::size_t hits_told_max = 4;

bool ForbidsHost(const AllowHit& hit) {
  return hit.source->effect >= AllowEffect::url_only;
}

// One evaluation: gathers reasons, step by step, until a step drops the indicator or the last one
// proposes it. Each Check says whether to go on.
class Evaluation {
 public:
  Evaluation(const Evidence& evidence, const Policy& policy, const Allowlist& allowlist,
             const PublicSuffixList& suffixes, TimePoint now)
      : evidence_(evidence),
        policy_(policy),
        allowlist_(allowlist),
        suffixes_(suffixes),
        now_(now),
        decision_{Outcome::proposed, {}, Combine({}), false, {}} {}

  Decision Run() && {
    decision_.reasons.reserve(4);
    const Indicator& indicator = *evidence_.indicator;
    const bool believed = CheckEnforceable() && CheckFreshness() && CheckConfidence();
    if (!believed) return std::move(decision_);
    if (const auto* domain = std::get_if<Domain>(&indicator)) {
      JudgeDomain(*domain);
    } else if (const auto* prefix = std::get_if<IpPrefix>(&indicator)) {
      JudgePrefix(*prefix);
    } else {
      JudgeUrl(std::get<Url>(indicator));
    }
    MindClients();
    return std::move(decision_);
  }

 private:
  void Add(Reason reason) { decision_.reasons.push_back(std::move(reason)); }

  // A dropped indicator is told for why it was dropped alone.
  bool Drop(Reason reason) {
    decision_.outcome = Outcome::dropped;
    decision_.needs_two_approvers = false;
    decision_.targets.clear();
    decision_.reasons.clear();
    Add(std::move(reason));
    return false;
  }

  void DropForHits(const std::vector<AllowHit>& hits, AllowEffect at_least) {
    Drop(OnAllowlist(ReasonCode::allowlisted, hits.front()));
    for (std::size_t i = 1; i < std::min(hits.size(), hits_told_max); ++i) {
      if (hits[i].source->effect < at_least) return;
      Add(OnAllowlist(ReasonCode::allowlisted, hits[i]));
    }
  }

  bool CheckEnforceable() {
    if (KindOf(*evidence_.indicator) != IndicatorKind::file_hash) return true;
    return Drop({ReasonCode::not_enforceable,
                 "A file hash is kept as context: no network device blocks it."});
  }

  bool CheckFreshness() {
    const IndicatorKind kind = KindOf(*evidence_.indicator);
    const auto detected_at = DetectedAt(evidence_.observations, now_);
    std::optional<Weighed> newest;
    for (const SourcedObservation& sourced : evidence_.observations) {
      const Weighed weighed = WeighOne(sourced, policy_, kind, detected_at, now_);
      if (weighed.is_fresh()) fresh_.push_back(weighed);
      if (weighed.is_detection()) continue;
      if (!newest || newest->aged.seen_at < weighed.aged.seen_at) newest = weighed;
    }
    if (evidence_.proposed_by_person) {
      Add({ReasonCode::manual,
           "A person proposed it; how fresh and how certain it is, is theirs to judge."});
    }
    const bool is_named = std::any_of(fresh_.begin(), fresh_.end(),
                                      [](const Weighed& one) { return !one.is_detection(); });
    if (is_named) Add(Fresh(fresh_));
    if (auto online = Online(fresh_)) Add(*std::move(online));
    if (is_named || evidence_.proposed_by_person) return true;
    if (!newest && !fresh_.empty()) return Drop(DetectionsOnly(fresh_));
    return Drop(NotFresh(newest ? &*newest : nullptr, now_));
  }

  bool CheckConfidence() {
    absl::InlinedVector<Opinion, 8> opinions;
    for (const Weighed& weighed : fresh_) opinions.push_back(weighed.opinion());
    const Confidence combined = Combine({opinions.data(), opinions.size()});
    decision_.confidence = Refuted(combined, evidence_.false_positive_verdicts,
                                   policy_.false_positive_penalty_percent);
    if (fresh_.empty()) return true;  // a person's proposal
    const Refutation refutation{combined, evidence_.false_positive_verdicts};
    if (decision_.confidence >= policy_.confidence_min) {
      Add(Confident(decision_.confidence, policy_, fresh_, refutation));
      return true;
    }
    if (evidence_.proposed_by_person) return true;
    return Drop(LowConfidence(decision_.confidence, policy_, fresh_, refutation));
  }

  void JudgeDomain(const Domain& domain) {
    if (suffixes_.IsPublicSuffix(domain.name())) {
      Drop({ReasonCode::public_suffix, domain.name() +
                                           " is a public suffix: strangers register names under "
                                           "it, who have nothing to do with this."});
      return;
    }
    std::vector<AllowHit> hits;
    if (allowlist_.Touches(domain)) {
      hits = allowlist_.Find(domain);
      if (ForbidsHost(hits.front())) return DropForHits(hits, AllowEffect::url_only);
      AskForReview(hits);
    }
    if (!std::any_of(hits.begin(), hits.end(), IsPopular)) AskBesidePopular(domain);
    AskWhereKnownLong();
    ProposeHost({*evidence_.indicator});
  }

  static bool IsPopular(const AllowHit& hit) {
    return hit.source->category == AllowCategory::popular;
  }

  // Of names that one registrant owns, one is popular: the others may be what it is made of.
  void AskBesidePopular(const Domain& domain) {
    if (!policy_.beside_popular_takes_two) return;
    const auto registrable = suffixes_.RegistrableDomain(domain.name());
    if (registrable.empty() || registrable == domain.name()) return;
    const auto site = Domain::Parse(registrable);
    if (!site || !allowlist_.Touches(*site)) return;
    const auto hits = allowlist_.Find(*site);
    const auto popular = std::find_if(hits.begin(), hits.end(), IsPopular);
    if (popular == hits.end()) return;
    decision_.needs_two_approvers = true;
    Add(BesidePopular(site->name(), *popular));
  }

  void AskWhereKnownLong() {
    auto known = KnownLong(fresh_, now_ - policy_.known_for_takes_two);
    if (!known) return;
    decision_.needs_two_approvers = true;
    Add(*std::move(known));
  }

  void JudgePrefix(const IpPrefix& prefix) {
    if (auto too_broad = TooBroad(prefix, policy_.breadth)) {
      Drop({ReasonCode::too_broad, *std::move(too_broad)});
      return;
    }
    if (!allowlist_.Touches(prefix)) return ProposeHost({prefix});
    const auto hits = allowlist_.Find(prefix);
    const auto covered = std::find_if(hits.begin(), hits.end(), [](const AllowHit& hit) {
      return ForbidsHost(hit) && hit.relation != AllowRelation::contains_entry;
    });
    if (covered != hits.end()) {
      DropForHits({covered, hits.end()}, AllowEffect::url_only);
      return;
    }
    AskForReview(hits);
    if (!ForbidsHost(hits.front())) return ProposeHost({prefix});
    SplitAround(prefix, hits.front());
  }

  void SplitAround(const IpPrefix& prefix, const AllowHit& hit) {
    const auto allowed = allowlist_.AllowedInside(prefix, AllowEffect::url_only);
    const auto parts = ExcludePrefixes(std::span(&prefix, 1), allowed);
    if (parts.empty() || parts.size() > split_parts_max) {
      Reason reason = OnAllowlist(ReasonCode::covers_allowed, hit);
      reason.detail += parts.empty() ? " Nothing else is left of it."
                                     : " It can't be split around " +
                                           std::to_string(allowed.size()) + " allowed entries in " +
                                           std::to_string(split_parts_max) + " parts or fewer.";
      Drop(std::move(reason));
      return;
    }
    Reason reason = OnAllowlist(ReasonCode::split_around_allowed, hit);
    reason.detail += " " + prefix.ToString() + " is split around " +
                     std::to_string(allowed.size()) +
                     (allowed.size() == 1 ? " allowed entry" : " allowed entries") + " into " +
                     std::to_string(parts.size()) + (parts.size() == 1 ? " part." : " parts.");
    Add(std::move(reason));
    ProposeHost({parts.begin(), parts.end()});
  }

  void JudgeUrl(const Url& url) {
    auto hits = allowlist_.Find(url.host());
    if (const AllowHit* never = HitAroundHost(hits, AllowEffect::never)) {
      Drop(OnAllowlist(ReasonCode::allowlisted, *never));
      return;
    }
    const std::optional<Reason> shared = WhyHostIsShared(url, hits);
    if (shared && url.path() == "/") {
      Drop({ReasonCode::whole_site_url,
            "The URL stands for the whole site, which is not to be blocked. " + shared->detail});
      return;
    }
    const bool stays_url = shared || evidence_.host_rejected || !policy_.propose_hosts_of_urls ||
                           evidence_.proposed_by_person;
    if (!stays_url) {
      Drop({ReasonCode::covered_by_host,
            "Its host may be blocked, and is judged instead of the URL, for all devices can block "
            "a host."});
      return;
    }
    if (shared) Add(*shared);
    if (evidence_.host_rejected) {
      Add({ReasonCode::host_rejected, "People refused to block its host."});
    }
    // Entries below the host say nothing of a URL on the host itself.
    std::erase_if(hits, [](const AllowHit& hit) {
      return ForbidsHost(hit) || hit.relation == AllowRelation::contains_entry;
    });
    AskForReview(hits);
    Add({ReasonCode::only_for_url_proxies,
         url.scheme() == "https"
             ? "Only a proxy that looks inside TLS can block it; DNS, firewalls and other proxies "
               "can't."
             : "Only a proxy that sees whole URLs can block it; DNS and firewalls can't."});
    decision_.targets.push_back(url);
  }

  // The hit of this effect that is the host or around it, if any.
  static const AllowHit* HitAroundHost(const std::vector<AllowHit>& hits, AllowEffect effect) {
    const auto hit = std::find_if(hits.begin(), hits.end(), [&](const AllowHit& h) {
      return h.source->effect == effect && h.relation != AllowRelation::contains_entry;
    });
    return hit == hits.end() ? nullptr : &*hit;
  }

  // Why the URL's host must not be blocked though URLs on it may, if so.
  std::optional<Reason> WhyHostIsShared(const Url& url, const std::vector<AllowHit>& hits) const {
    if (!hits.empty() && ForbidsHost(hits.front())) {
      return OnAllowlist(ReasonCode::url_on_shared_host, hits.front());
    }
    const auto* domain = std::get_if<Domain>(&url.host());
    if (domain != nullptr && suffixes_.IsPublicSuffix(domain->name())) {
      return Reason{ReasonCode::url_on_shared_host,
                    "Its host " + domain->name() + " is a public suffix, shared by strangers."};
    }
    return std::nullopt;
  }

  // `hits` holds none that forbids, except of entries that are being split out.
  void AskForReview(const std::vector<AllowHit>& hits) {
    std::size_t told = 0;
    for (const AllowHit& hit : hits) {
      if (ForbidsHost(hit)) continue;
      decision_.needs_two_approvers = true;
      if (told++ < hits_told_max) Add(OnAllowlist(ReasonCode::review_hit, hit));
    }
  }

  void ProposeHost(std::vector<Indicator> targets) {
    AddHostOfUrls();
    decision_.needs_two_approvers =
        decision_.needs_two_approvers || NeedsTwoApprovers(*evidence_.indicator, policy_.breadth);
    decision_.targets = std::move(targets);
  }

  // The reason names no number: it changes all day, and is shown beside it.
  void MindClients() {
    if (decision_.outcome == Outcome::dropped || evidence_.clients <= policy_.clients_alone_max) {
      return;
    }
    decision_.needs_two_approvers = true;
    Add(ManyClients(policy_.clients_alone_max));
  }

  void AddHostOfUrls() {
    std::size_t count = 0;
    const Url* example = nullptr;
    for (const Weighed& weighed : fresh_) {
      const auto* url = std::get_if<Url>(&weighed.sourced.observation->indicator);
      if (url == nullptr) continue;
      ++count;
      if (example == nullptr) example = url;
    }
    if (example != nullptr) Add(HostOfUrls(count, *example));
  }

  const Evidence& evidence_;
  const Policy& policy_;
  const Allowlist& allowlist_;
  const PublicSuffixList& suffixes_;
  const TimePoint now_;
  Decision decision_;
  absl::InlinedVector<Weighed, 4> fresh_;
};

}  // namespace

std::string_view Name(ReasonCode code) {
  switch (code) {
    case ReasonCode::stale: return "stale";
    case ReasonCode::from_the_future: return "from-the-future";
    case ReasonCode::detections_only: return "detections-only";
    case ReasonCode::low_confidence: return "low-confidence";
    case ReasonCode::allowlisted: return "allowlisted";
    case ReasonCode::too_broad: return "too-broad";
    case ReasonCode::public_suffix: return "public-suffix";
    case ReasonCode::covers_allowed: return "covers-allowed";
    case ReasonCode::not_enforceable: return "not-enforceable";
    case ReasonCode::covered_by_host: return "covered-by-host";
    case ReasonCode::whole_site_url: return "whole-site-url";
    case ReasonCode::fresh: return "fresh";
    case ReasonCode::confident: return "confident";
    case ReasonCode::host_of_urls: return "host-of-urls";
    case ReasonCode::url_on_shared_host: return "url-on-shared-host";
    case ReasonCode::split_around_allowed: return "split-around-allowed";
    case ReasonCode::review_hit: return "review-hit";
    case ReasonCode::manual: return "manual";
    case ReasonCode::host_rejected: return "host-rejected";
    case ReasonCode::only_for_url_proxies: return "only-for-url-proxies";
    case ReasonCode::many_clients: return "many-clients";
    case ReasonCode::online: return "online";
    case ReasonCode::beside_popular: return "beside-popular";
    case ReasonCode::known_long: return "known-long";
  }
  return "unknown";
}

Decision Evaluate(const Evidence& evidence, const Policy& policy, const Allowlist& allowlist,
                  const PublicSuffixList& suffixes, TimePoint now) {
  return Evaluation(evidence, policy, allowlist, suffixes, now).Run();
}

std::vector<AllowHit> HitsOf(const Allowlist& allowlist, const Indicator& indicator) {
  if (const auto* url = std::get_if<Url>(&indicator)) return allowlist.Find(url->host());
  if (const auto* domain = std::get_if<Domain>(&indicator)) return allowlist.Find(*domain);
  if (const auto* prefix = std::get_if<IpPrefix>(&indicator)) return allowlist.Find(*prefix);
  return {};
}

Indicator HostOf(const Url& url) {
  return std::visit([](const auto& host) -> Indicator { return host; }, url.host());
}

}  // namespace policy

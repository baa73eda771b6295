#include "agent/notify/conditions.h"

#include "policy/indicator.h"
#include "policy/refang.h"

namespace agent::notify {
namespace {

Event Make(std::string_view kind, std::string key, TimePoint at) {
  return {FindKind(kind), std::move(key), at, "", "", "", 1};
}

std::string DayOf(TimePoint at) {
  return policy::FormatTime(at).substr(0, 10);
}

// Which of `ends_ahead` a certificate is told of as; nothing while it is good, and after its end.
std::optional<std::chrono::days> AheadOf(const policy::Validity& validity, TimePoint now) {
  switch (policy::AgeOf(validity, now)) {
    case policy::CertificateAge::ending: return ends_ahead.back();
    case policy::CertificateAge::urgent: return ends_ahead.front();
    case policy::CertificateAge::good:
    case policy::CertificateAge::expired: break;
  }
  return std::nullopt;
}

// The shortest of `ends_ahead` that is reached. None before, after the end, and for what never had
// so long to go.
std::optional<std::chrono::days> AheadOf(TimePoint end, TimePoint begin, TimePoint now) {
  if (end <= now) return std::nullopt;
  for (const auto ahead : ends_ahead) {
    if (end - ahead > now) continue;
    return begin < end - ahead ? std::optional(ahead) : std::nullopt;
  }
  return std::nullopt;
}

void AddQueue(const Facts& facts, const Bounds& bounds, TimePoint now, std::vector<Event>& events) {
  if (facts.last_approval && facts.votes.proposals > 0) {
    events.push_back(
        Make("queue.second-person", "second-person " + std::to_string(*facts.last_approval), now));
    events.back().count = facts.votes.proposals;
  }
  if (facts.votes.oldest && *facts.votes.oldest + facts.vote_lifetime - bounds.votes_ahead <= now) {
    events.push_back(Make("queue.votes-expire", "votes-expire " + DayOf(now), now));
    events.back().reason = policy::FormatTime(*facts.votes.oldest + facts.vote_lifetime);
  }
  if (facts.old_proposals > 0) {
    events.push_back(Make("queue.age", "queue-age " + DayOf(now), now));
    events.back().count = facts.old_proposals;
    events.back().reason = policy::FormatDuration(bounds.queue_age);
  }
}

void AddEmergencies(const Facts& facts, const Bounds& bounds, TimePoint now,
                    std::vector<Event>& events) {
  for (const store::Emergency& each : facts.emergencies) {
    if (now < each.ends_at - bounds.review_ahead) continue;
    events.push_back(Make("emergency.review-due", "review-due " + std::to_string(each.id), now));
    events.back().subject = policy::Defang(policy::TextOf(each.target));
    events.back().actor = each.actor;
    events.back().reason = policy::FormatTime(each.ends_at);
  }
}

void AddOffline(const Facts& facts, const Bounds& bounds, TimePoint now,
                std::vector<Event>& events) {
  for (const auto& [device, since] : facts.offline) {
    if (now < since + bounds.device_offline) continue;
    events.push_back(
        Make("device.offline", "offline " + device + " " + policy::FormatTime(since), now));
    events.back().subject = device;
    events.back().reason = policy::FormatTime(since);
  }
}

void AddStanding(const Facts& facts, const Bounds& bounds, TimePoint now,
                 std::vector<Event>& events) {
  for (const store::StandingApproval& each : facts.standing) {
    const TimePoint from = each.expires_at - bounds.standing_ahead;
    if (now < from || each.expires_at <= now || from <= each.proposed_at) continue;
    const std::string id = std::to_string(each.id);
    events.push_back(Make("standing.ends-soon", "standing-ends " + id, now));
    events.back().subject = "standing " + id;
    events.back().reason = policy::FormatTime(each.expires_at);
  }
}

void AddCertificates(std::string_view kind, const std::vector<Certificate>& certificates,
                     TimePoint now, std::vector<Event>& events) {
  for (const Certificate& each : certificates) {
    const auto ahead = AheadOf(each.validity, now);
    if (!ahead) continue;
    const std::string until = policy::FormatTime(each.validity.until);
    events.push_back(
        Make(kind,
             std::string(kind) + " " + each.of + " " + until + " " + std::to_string(ahead->count()),
             now));
    events.back().subject = each.of;
    events.back().reason = until;
  }
}

void AddTokens(const Facts& facts, TimePoint now, std::vector<Event>& events) {
  for (const store::ApiToken& each : facts.tokens) {
    const auto ahead = AheadOf(each.expires, each.created, now);
    if (!ahead) continue;
    events.push_back(
        Make("token.ends-soon",
             "token-ends " + std::to_string(each.id) + " " + std::to_string(ahead->count()), now));
    events.back().subject = each.name;
    events.back().reason = policy::FormatTime(each.expires);
  }
}

}  // namespace

std::vector<Event> EventsOf(const Facts& facts, const Bounds& bounds, TimePoint now) {
  std::vector<Event> events;
  AddQueue(facts, bounds, now, events);
  AddEmergencies(facts, bounds, now, events);
  AddOffline(facts, bounds, now, events);
  AddStanding(facts, bounds, now, events);
  AddCertificates("certificate.agent", facts.certificates, now, events);
  AddCertificates("certificate.device", facts.device_certificates, now, events);
  AddTokens(facts, now, events);
  return events;
}

}  // namespace agent::notify

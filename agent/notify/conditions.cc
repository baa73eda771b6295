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

}  // namespace

std::vector<Event> EventsOf(const Facts& facts, const Bounds& bounds, TimePoint now) {
  std::vector<Event> events;
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
  for (const store::Emergency& each : facts.emergencies) {
    if (now < each.ends_at - bounds.review_ahead) continue;
    events.push_back(Make("emergency.review-due", "review-due " + std::to_string(each.id), now));
    events.back().subject = policy::Defang(policy::TextOf(each.target));
    events.back().actor = each.actor;
    events.back().reason = policy::FormatTime(each.ends_at);
  }
  for (const auto& [device, since] : facts.offline) {
    if (now < since + bounds.device_offline) continue;
    events.push_back(
        Make("device.offline", "offline " + device + " " + policy::FormatTime(since), now));
    events.back().subject = device;
    events.back().reason = policy::FormatTime(since);
  }
  return events;
}

}  // namespace agent::notify

#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/notify/event.h"
#include "agent/store/store.h"
#include "policy/validity.h"

// What no entry of the history says, but what things are like. Pure.
namespace agent::notify {

struct Bounds {
  std::chrono::seconds queue_age = std::chrono::hours(24);         // of what is pending
  std::chrono::seconds device_offline = std::chrono::minutes(15);  // before it is told
  std::chrono::seconds review_ahead = std::chrono::hours(4);       // of an emergency's end
  std::chrono::seconds votes_ahead = std::chrono::hours(24);       // of their lapse
  std::chrono::days standing_ahead{3};                             // of its end
};

// Of tokens and certificates, each told once so long before its end; of a certificate that is valid
// for a few weeks only later (policy::AgeOf).
inline constexpr std::array ends_ahead{std::chrono::days(3), std::chrono::days(14)};

struct Certificate {
  std::string of;  // "agent", "web"; a device
  policy::Validity validity;
};

struct Facts {
  std::uint64_t old_proposals = 0;  // pending for longer than `queue_age`
  store::WaitingVotes votes;
  std::chrono::seconds vote_lifetime{};
  std::vector<store::Emergency> emergencies;      // open
  std::vector<store::StandingApproval> standing;  // active
  std::vector<Certificate> certificates;          // of the agent's own
  std::vector<Certificate> device_certificates;   // as its exporter showed last
  std::vector<store::ApiToken> tokens;            // good
  std::map<std::string, TimePoint> offline;       // devices, and since when
  std::optional<std::uint64_t> last_approval;     // its leaf, if one is new since last time
};

// The conditions that hold at `now`; each keeps its key for as long as it is the same, and a
// reminder of a day has another on the next.
std::vector<Event> EventsOf(const Facts& facts, const Bounds& bounds, TimePoint now);

}  // namespace agent::notify

#include "agent/store/store.h"

#include <algorithm>
#include <array>

#include "policy/quote.h"

namespace agent::store {
namespace {

constexpr std::array<std::string_view, 5> kStateNames{"pending", "approved", "rejected", "deferred",
                                                      "withdrawn"};
constexpr std::array<std::string_view, 3> kVerdictNames{"approve", "reject", "defer"};
constexpr std::array<std::string_view, 4> kBulkStateNames{"running", "done", "cancelled",
                                                          "stopped"};
constexpr std::array<std::string_view, 2> kEmergencyActNames{"block", "unblock"};
constexpr std::array<std::string_view, 4> kEmergencyStateNames{"open", "confirmed", "overturned",
                                                               "lapsed"};
constexpr std::array<std::string_view, 3> kNotificationStateNames{"waiting", "delivered", "failed"};
constexpr std::array<std::string_view, 4> kUnblockStateNames{"open", "granted", "declined",
                                                             "lapsed"};
constexpr std::array<std::string_view, 3> kStandingStateNames{"proposed", "active", "ended"};

}  // namespace

std::string_view Name(ProposalState state) {
  return kStateNames[static_cast<std::size_t>(state)];
}

Result<ProposalState> ParseProposalState(std::string_view name) {
  const auto it = std::find(kStateNames.begin(), kStateNames.end(), name);
  if (it == kStateNames.end()) {
    return policy::Fail(policy::ErrorCode::malformed_input,
                        policy::Quote(name) +
                            " is not a state of a proposal: write pending, approved, rejected, "
                            "deferred or withdrawn");
  }
  return static_cast<ProposalState>(it - kStateNames.begin());
}

std::string_view Name(Verdict verdict) {
  return kVerdictNames[static_cast<std::size_t>(verdict)];
}

std::string_view Name(BulkState state) {
  return kBulkStateNames[static_cast<std::size_t>(state)];
}

std::string_view Name(RuleState state) {
  switch (state) {
    case RuleState::open: return "open";
    case RuleState::in_force: return "in-force";
    case RuleState::rejected: return "rejected";
    case RuleState::ended: return "ended";
  }
  return "unknown";
}

std::string_view Name(EmergencyAct act) {
  return kEmergencyActNames[static_cast<std::size_t>(act)];
}

std::string_view Name(EmergencyState state) {
  return kEmergencyStateNames[static_cast<std::size_t>(state)];
}

std::string_view Name(UnblockState state) {
  return kUnblockStateNames[static_cast<std::size_t>(state)];
}

std::string_view Name(NotificationState state) {
  return kNotificationStateNames[static_cast<std::size_t>(state)];
}

std::string_view Name(StandingState state) {
  return kStandingStateNames[static_cast<std::size_t>(state)];
}

std::string CommaList(const std::set<std::string_view>& names) {
  std::string list = ",";
  for (const std::string_view name : names) {
    if (name.find(',') == std::string_view::npos) list.append(name) += ',';
  }
  return list;
}

}  // namespace agent::store

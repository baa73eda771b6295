#include "agent/api/access.h"

#include <algorithm>
#include <array>

#include "policy/quote.h"

namespace agent::api {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr Roles readers{Role::viewer,          Role::analyst, Role::approver,
                        Role::senior_approver, Role::auditor, Role::admin};
constexpr Roles analysts{Role::analyst};
constexpr Roles approvers{Role::approver, Role::senior_approver};
// Who act alone in an emergency, and review what others did in one.
constexpr Roles seniors{Role::senior_approver};
constexpr Roles operators{Role::approver, Role::senior_approver, Role::admin};
constexpr Roles admins{Role::admin};
constexpr Roles account_readers{Role::auditor, Role::admin};
constexpr Roles exporters{Role::exporter};
constexpr auto browsers = Access::For::browsers;
constexpr auto strangers = Access::For::strangers;

constexpr std::array access_table{
    Access{"/sekisho.v1.Feeds/ListFeeds", readers},
    Access{"/sekisho.v1.Feeds/RefreshFeeds", operators},
    // Not approvers: what they say could then be blocked by nobody's leave but their own.
    Access{"/sekisho.v1.Feeds/Observe", analysts},
    Access{"/sekisho.v1.Allowlists/ListAllowlists", readers},
    Access{"/sekisho.v1.Allowlists/SearchAllowlists", readers},
    Access{"/sekisho.v1.Allowlists/AddAllowEntry", operators},
    // What it protected may be blocked then: that takes those who decide on blocks, and two.
    Access{"/sekisho.v1.Allowlists/RemoveAllowEntry", approvers},
    Access{"/sekisho.v1.Queue/ListProposals", readers},
    Access{"/sekisho.v1.Queue/GetProposal", readers},
    Access{"/sekisho.v1.Queue/GroupProposals", readers},
    Access{"/sekisho.v1.Queue/Watch", readers},
    Access{"/sekisho.v1.Queue/Claim", approvers},
    Access{"/sekisho.v1.Queue/Decide", approvers},
    Access{"/sekisho.v1.Bulk/ListBulk", readers},
    Access{"/sekisho.v1.Bulk/CancelBulk", approvers},
    Access{"/sekisho.v1.Changes/Follow", readers},
    Access{"/sekisho.v1.Blocks/ListBlocks", readers},
    Access{"/sekisho.v1.Blocks/AddBlock", approvers},
    Access{"/sekisho.v1.Blocks/RevokeBlocks", approvers},
    Access{"/sekisho.v1.Blocks/RenewBlocks", approvers},
    Access{"/sekisho.v1.Blocks/Why", readers},
    Access{"/sekisho.v1.Emergencies/BlockNow", seniors},
    // To let traffic through again takes no senior: it cannot wait for one.
    Access{"/sekisho.v1.Emergencies/UnblockNow", approvers},
    Access{"/sekisho.v1.Emergencies/ListEmergencies", readers},
    Access{"/sekisho.v1.Emergencies/Review", seniors},
    Access{"/sekisho.v1.UnblockRequests/Ask", {}, strangers},
    Access{"/sekisho.v1.UnblockRequests/Track", {}, strangers},
    Access{"/sekisho.v1.UnblockRequests/ListUnblockRequests", readers},
    Access{"/sekisho.v1.UnblockRequests/GetUnblockRequest", readers},
    Access{"/sekisho.v1.UnblockRequests/Decline", approvers},
    Access{"/sekisho.v1.UnblockRequests/Grant", approvers},
    Access{"/sekisho.v1.Notifications/ListNotifications", readers},
    Access{"/sekisho.v1.Notifications/SendTest", admins},
    Access{"/sekisho.v1.StandingApprovals/ListStandingApprovals", readers},
    Access{"/sekisho.v1.StandingApprovals/GetStandingApproval", readers},
    Access{"/sekisho.v1.StandingApprovals/ProposeStandingApproval", approvers},
    Access{"/sekisho.v1.StandingApprovals/ApproveStandingApproval", approvers},
    Access{"/sekisho.v1.StandingApprovals/EndStandingApproval", approvers},
    Access{"/sekisho.v1.Releases/ListReleases", readers},
    Access{"/sekisho.v1.Releases/GetRelease", readers},
    Access{"/sekisho.v1.Releases/DiffReleases", readers},
    Access{"/sekisho.v1.Releases/RevertReleases", approvers},
    Access{"/sekisho.v1.Releases/ListBrakes", readers},
    Access{"/sekisho.v1.Releases/ReleaseBrake", approvers},
    Access{"/sekisho.v1.Policy/Explain", readers},
    Access{"/sekisho.v1.Policy/Simulate", operators},
    Access{"/sekisho.v1.Rules/GetRules", readers},
    Access{"/sekisho.v1.Rules/ProposeRules", operators},
    Access{"/sekisho.v1.Rules/DecideRules", approvers},
    Access{"/sekisho.v1.Scoreboard/GetScoreboard", readers},
    Access{"/sekisho.v1.Devices/ListDevices", readers},
    Access{"/sekisho.v1.History/ListEntries", readers},
    Access{"/sekisho.v1.History/ListCheckpoints", readers},
    Access{"/sekisho.v1.History/ProveEntry", readers},
    // A stream of its own, which further demands the certificate of the very device
    // (agent/publish/enforcement_service.h).
    Access{"/sekisho.v1.Enforcement/Enforce", exporters},
    Access{"/sekisho.v1.Sessions/LogIn", {}, strangers},
    Access{"/sekisho.v1.Sessions/Redeem", {}, strangers},
    Access{"/sekisho.v1.Sessions/LogOut", readers, browsers},
    Access{"/sekisho.v1.Sessions/GetSession", readers, browsers},
    Access{"/sekisho.v1.Sessions/StepUp", readers, browsers},
    Access{"/sekisho.v1.Sessions/ChangePassword", readers, browsers},
    Access{"/sekisho.v1.Sessions/SetUpOneTimeCode", readers, browsers},
    Access{"/sekisho.v1.Sessions/ConfirmOneTimeCode", readers, browsers},
    Access{"/sekisho.v1.SingleSignOn/GetProvider", {}, strangers},
    Access{"/sekisho.v1.SingleSignOn/Begin", {}, strangers},
    Access{"/sekisho.v1.SingleSignOn/BeginStepUp", readers, browsers},
    Access{"/sekisho.v1.SingleSignOn/Finish", {}, strangers},
    Access{"/sekisho.v1.Accounts/ListAccounts", account_readers},
    Access{"/sekisho.v1.Accounts/Invite", admins},
    Access{"/sekisho.v1.Accounts/SetRole", admins},
    Access{"/sekisho.v1.Accounts/SetDisabled", admins},
    Access{"/sekisho.v1.Accounts/ListTokens", account_readers},
    Access{"/sekisho.v1.Accounts/CreateToken", admins},
    Access{"/sekisho.v1.Accounts/RevokeToken", admins},
};

}  // namespace

std::span<const Access> AccessTable() {
  return access_table;
}

const Access* FindAccess(std::string_view method) {
  const auto row = std::find_if(access_table.begin(), access_table.end(),
                                [&](const Access& access) { return access.method == method; });
  return row == access_table.end() ? nullptr : &*row;
}

Result<void> CheckAccess(const Caller& caller, std::string_view method) {
  const Access* row = FindAccess(method);
  if (row != nullptr && row->roles.Has(caller.role)) {
    if (caller.scope.MayCall(method)) return {};
    return Fail(ErrorCode::not_allowed, "the token of " + caller.name + " is only for " +
                                            caller.scope.text() + ", not for " +
                                            std::string(method));
  }
  std::string who_may;
  for (const Role role : people::all_roles) {
    if (row == nullptr || !row->roles.Has(role)) continue;
    who_may += (who_may.empty() ? "" : " or ") + std::string(Name(role));
  }
  return Fail(ErrorCode::not_allowed,
              caller.name + " has the role " + std::string(Name(caller.role)) + "; " +
                  (who_may.empty() ? "nobody may call " + std::string(method)
                                   : std::string(method) + " takes the role " + who_may));
}

bool MayAct(Role role, const people::TokenScope& scope, store::OpenAct act) {
  const Caller caller{"", role, false, scope};
  const auto may = [&](std::string_view method) { return CheckAccess(caller, method).has_value(); };
  switch (act) {
    case store::OpenAct::vote:
      return may("/sekisho.v1.Queue/Decide") || may("/sekisho.v1.Blocks/RenewBlocks");
    case store::OpenAct::bulk: return may("/sekisho.v1.Queue/Decide");
    case store::OpenAct::standing_vote:
      return may("/sekisho.v1.StandingApprovals/ApproveStandingApproval");
    case store::OpenAct::allow_removal: return may("/sekisho.v1.Allowlists/RemoveAllowEntry");
    case store::OpenAct::rules: return may("/sekisho.v1.Rules/ProposeRules");
  }
  return false;
}

Result<void> CheckScope(const people::TokenScope& scope, Role role) {
  for (const std::string& term : scope.methods()) {
    const bool is_used =
        std::any_of(access_table.begin(), access_table.end(), [&](const auto& row) {
          return row.roles.Has(role) && people::IsMethodOf(term, row.method);
        });
    if (is_used) continue;
    return Fail(ErrorCode::malformed_input, "there is no " + policy::Quote(term) +
                                                " that the role " + std::string(Name(role)) +
                                                " may call");
  }
  return {};
}

Result<void> CheckFeed(const Caller& caller, std::string_view feed) {
  if (caller.scope.MaySpeakFor(feed)) return {};
  return Fail(ErrorCode::not_allowed,
              "the token of " + caller.name + " is only for " + caller.scope.text());
}

}  // namespace agent::api

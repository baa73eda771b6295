#include "agent/api/access.h"

#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>

#include "sekisho/v1/allowlist.pb.h"
#include "sekisho/v1/api.pb.h"
#include "sekisho/v1/bulk.pb.h"
#include "sekisho/v1/changes.pb.h"
#include "sekisho/v1/emergency.pb.h"
#include "sekisho/v1/enforcement.pb.h"
#include "sekisho/v1/notification.pb.h"
#include "sekisho/v1/people.pb.h"
#include "sekisho/v1/rules.pb.h"
#include "sekisho/v1/scoreboard.pb.h"
#include "sekisho/v1/single_sign_on.pb.h"
#include "sekisho/v1/standing.pb.h"
#include "sekisho/v1/unblock.pb.h"

namespace agent::api {
namespace {

using people::all_roles;

// Written down a second time, in other words than the table's: who may call what. A senior approver
// may do all that an approver may.
const std::map<std::string, std::string>& Expected() {
  static const std::map<std::string, std::string> expected{
      {"/sekisho.v1.Accounts/CreateToken", "admin"},
      {"/sekisho.v1.Accounts/Invite", "admin"},
      {"/sekisho.v1.Accounts/ListAccounts", "auditor admin"},
      {"/sekisho.v1.Accounts/ListTokens", "auditor admin"},
      {"/sekisho.v1.Accounts/RevokeToken", "admin"},
      {"/sekisho.v1.Accounts/SetDisabled", "admin"},
      {"/sekisho.v1.Accounts/SetRole", "admin"},
      {"/sekisho.v1.Allowlists/AddAllowEntry", "approver admin"},
      {"/sekisho.v1.Allowlists/ListAllowlists", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Allowlists/RemoveAllowEntry", "approver"},
      {"/sekisho.v1.Allowlists/SearchAllowlists", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Blocks/AddBlock", "approver"},
      {"/sekisho.v1.Blocks/ListBlocks", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Blocks/RenewBlocks", "approver"},
      {"/sekisho.v1.Blocks/RevokeBlocks", "approver"},
      {"/sekisho.v1.Blocks/Why", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Bulk/CancelBulk", "approver"},
      {"/sekisho.v1.Bulk/ListBulk", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Changes/Follow", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Devices/ListDevices", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Emergencies/BlockNow", "senior_approver"},
      {"/sekisho.v1.Emergencies/ListEmergencies", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Emergencies/Review", "senior_approver"},
      {"/sekisho.v1.Emergencies/UnblockNow", "approver"},
      {"/sekisho.v1.Enforcement/Enforce", "exporter"},
      {"/sekisho.v1.Feeds/ListFeeds", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Feeds/Observe", "analyst"},
      {"/sekisho.v1.Feeds/RefreshFeeds", "approver admin"},
      {"/sekisho.v1.History/ListCheckpoints", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.History/ListEntries", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.History/ProveEntry", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Notifications/ListNotifications", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Notifications/SendTest", "admin"},
      {"/sekisho.v1.Policy/Explain", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Policy/Simulate", "approver admin"},
      {"/sekisho.v1.Queue/Claim", "approver"},
      {"/sekisho.v1.Queue/Decide", "approver"},
      {"/sekisho.v1.Queue/GetProposal", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Queue/GroupProposals", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Queue/ListProposals", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Queue/Watch", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Releases/DiffReleases", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Releases/GetRelease", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Releases/ListBrakes", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Releases/ListReleases", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Releases/ReleaseBrake", "approver"},
      {"/sekisho.v1.Releases/RevertReleases", "approver"},
      {"/sekisho.v1.Rules/DecideRules", "approver"},
      {"/sekisho.v1.Rules/GetRules", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Rules/ProposeRules", "approver admin"},
      {"/sekisho.v1.Scoreboard/GetScoreboard", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.SingleSignOn/Begin", ""},
      {"/sekisho.v1.SingleSignOn/BeginStepUp", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.SingleSignOn/Finish", ""},
      {"/sekisho.v1.SingleSignOn/GetProvider", ""},
      {"/sekisho.v1.StandingApprovals/ApproveStandingApproval", "approver"},
      {"/sekisho.v1.StandingApprovals/EndStandingApproval", "approver"},
      {"/sekisho.v1.StandingApprovals/GetStandingApproval",
       "viewer analyst approver auditor admin"},
      {"/sekisho.v1.StandingApprovals/ListStandingApprovals",
       "viewer analyst approver auditor admin"},
      {"/sekisho.v1.StandingApprovals/ProposeStandingApproval", "approver"},
      {"/sekisho.v1.Sessions/ChangePassword", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Sessions/ConfirmOneTimeCode", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Sessions/GetSession", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Sessions/LogIn", ""},
      {"/sekisho.v1.Sessions/LogOut", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Sessions/Redeem", ""},
      {"/sekisho.v1.Sessions/SetUpOneTimeCode", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.Sessions/StepUp", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.SingleSignOn/Begin", ""},
      {"/sekisho.v1.SingleSignOn/BeginStepUp", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.SingleSignOn/Finish", ""},
      {"/sekisho.v1.SingleSignOn/GetProvider", ""},
      {"/sekisho.v1.UnblockRequests/Ask", ""},
      {"/sekisho.v1.UnblockRequests/Decline", "approver"},
      {"/sekisho.v1.UnblockRequests/GetUnblockRequest", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.UnblockRequests/Grant", "approver"},
      {"/sekisho.v1.UnblockRequests/ListUnblockRequests", "viewer analyst approver auditor admin"},
      {"/sekisho.v1.UnblockRequests/Track", ""},
  };
  return expected;
}

std::set<std::string> MethodsOf(const google::protobuf::FileDescriptor& file) {
  std::set<std::string> methods;
  for (int i = 0; i < file.service_count(); ++i) {
    const auto& service = *file.service(i);
    for (int j = 0; j < service.method_count(); ++j) {
      methods.insert("/" + service.full_name() + "/" + service.method(j)->name());
    }
  }
  return methods;
}

const google::protobuf::Descriptor& RequestOf(std::string path) {
  path.erase(0, 1);
  path[path.find('/')] = '.';
  return *google::protobuf::DescriptorPool::generated_pool()->FindMethodByName(path)->input_type();
}

TEST(AccessTest, Z7_EveryRoleMayCallExactlyWhatItsDutyNeeds) {
  for (const auto& [method, roles] : Expected()) {
    for (const Role role : all_roles) {
      const auto named = [&roles = roles](Role one) {
        return (" " + roles + " ").find(" " + std::string(Name(one)) + " ") != std::string::npos;
      };
      const bool may = named(role) || (role == Role::senior_approver && named(Role::approver));
      const auto checked = CheckAccess({"somebody", role}, method);
      EXPECT_EQ(checked.has_value(), may) << Name(role) << " calls " << method;
      if (!checked) {
        EXPECT_EQ(checked.error().code, policy::ErrorCode::not_allowed);
      }
    }
  }
}

// By role, method and scope: with every term that there could be.
TEST(AccessTest, Z7_AScopeLeavesOfTheRoleWhatItNamesAndAddsNothing) {
  std::set<std::string> terms{"feed:desk"};
  for (const Access& access : AccessTable()) {
    const std::string method(access.method.substr(std::string_view("/sekisho.v1.").size()));
    terms.insert(method);
    terms.insert(method.substr(0, method.find('/')));
  }
  for (const std::string& term : terms) {
    const auto scope = people::TokenScope::From({term}).value();
    for (const Access& access : AccessTable()) {
      const std::string method(access.method.substr(std::string_view("/sekisho.v1.").size()));
      const std::string service = method.substr(0, method.find('/'));
      const bool is_named =
          term == method || term == service || (term == "feed:desk" && service == "Feeds");
      for (const Role role : all_roles) {
        EXPECT_EQ(CheckAccess({"script", role, false, scope}, access.method).has_value(),
                  is_named && access.roles.Has(role))
            << Name(role) << " calls " << method << " with a token for " << term;
      }
    }
  }
}

TEST(AccessTest, AScopeOfWhatTheRoleMayNotCallIsAMistake) {
  const auto check = [](const std::string& term, Role role) {
    return CheckScope(people::TokenScope::From({term}).value(), role).has_value();
  };
  EXPECT_TRUE(check("Queue", Role::viewer));
  EXPECT_TRUE(check("Queue/Decide", Role::approver));
  EXPECT_FALSE(check("Queue/Decide", Role::viewer));
  EXPECT_FALSE(check("Accounts", Role::approver));
  EXPECT_FALSE(check("Queue/Publish", Role::approver));
  EXPECT_FALSE(check("queue", Role::approver));
  EXPECT_TRUE(check("feed:desk", Role::analyst)) << "feeds come and go";
}

TEST(AccessTest, HasOneRowForEveryMethodOfEveryProtoAndNoOther) {
  auto methods = MethodsOf(*sekisho::v1::Proposal::descriptor()->file());
  methods.merge(MethodsOf(*sekisho::v1::BulkDecision::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::FollowRequest::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::Emergency::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::AllowEntry::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::RuleChange::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::FeedScore::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::BeginResponse::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::StandingApproval::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::Session::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::BeginResponse::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::UnblockRequest::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::Notification::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::Hello::descriptor()->file()));
  std::set<std::string> rows;
  for (const Access& access : AccessTable()) {
    EXPECT_TRUE(rows.insert(std::string(access.method)).second) << access.method << " is twice";
  }
  EXPECT_EQ(rows, methods);
  std::set<std::string> expected;
  for (const auto& [method, roles] : Expected()) expected.insert(method);
  EXPECT_EQ(rows, expected) << "this test has to know every method";
}

TEST(AccessTest, AMethodWithoutARowIsForNobody) {
  for (const Role role : all_roles) {
    EXPECT_FALSE(CheckAccess({"somebody", role}, "/sekisho.v1.Queue/Publish"));
    EXPECT_FALSE(CheckAccess({"somebody", role}, ""));
    EXPECT_FALSE(CheckAccess({"somebody", role}, "/sekisho.v1.Queue/Decide/"));
  }
}

TEST(AccessTest, ADenialSaysWhoMay) {
  const auto denied = CheckAccess({"alice", Role::admin}, "/sekisho.v1.Queue/Decide");
  ASSERT_FALSE(denied);
  EXPECT_EQ(denied.error().detail,
            "alice has the role admin; /sekisho.v1.Queue/Decide takes the role approver or "
            "senior_approver");
}

TEST(AccessTest, RolesReadBackAsTheirNames) {
  for (const Role role : all_roles) EXPECT_EQ(ParseRole(Name(role)).value(), role);
  for (const char* wrong : {"", "root", "Viewer", "viewer "}) EXPECT_FALSE(ParseRole(wrong));
}

// Whom an act is by comes from the credential: no request may hold a field for it.
TEST(AccessTest, Z1_NoRequestHasAFieldForWhoActs) {
  const std::set<std::string> harmless{
      "names", "wait", "filter", "kind", "feed", "limit", "page_token", "id", "ids", "verdict",
      "reason", "lifetime", "dry_run", "expected_count", "digests", "include_removed", "indicator",
      "at", "device", "before", "number", "list", "from", "to", "since", "subject", "after_size",
      "index", "observations", "all_or_nothing", "request_id", "rules",
      "by",  // an enum: by what to group
      "accept_size", "indicators", "within", "all", "uses_per_day", "valid_for", "digest", "match",
      "exact", "effect", "expires", "query", "approve", "expiring_within",
      "owner",  // whom to ask, not who acts
      "claims_version", "elsewhere",
      // What a stranger says, who is never an actor.
      "target", "note", "contact", "token", "channel"};
  auto methods = MethodsOf(*sekisho::v1::Proposal::descriptor()->file());
  methods.merge(MethodsOf(*sekisho::v1::BulkDecision::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::FollowRequest::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::Emergency::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::StandingApproval::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::UnblockRequest::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::Notification::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::AllowEntry::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::RuleChange::descriptor()->file()));
  methods.merge(MethodsOf(*sekisho::v1::StandingApproval::descriptor()->file()));
  for (const std::string& path : methods) {
    const auto& request = RequestOf(path);
    for (int k = 0; k < request.field_count(); ++k) {
      EXPECT_TRUE(harmless.contains(request.field(k)->name()))
          << request.full_name() << "." << request.field(k)->name()
          << " is new: may it say who acts?";
    }
  }
}

}  // namespace
}  // namespace agent::api

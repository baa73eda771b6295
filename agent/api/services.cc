#include "agent/api/services.h"

#include "sekisho/v1/allowlist.pb.h"
#include "sekisho/v1/api.pb.h"
#include "sekisho/v1/bulk.pb.h"
#include "sekisho/v1/changes.pb.h"
#include "sekisho/v1/emergency.pb.h"
#include "sekisho/v1/notification.pb.h"
#include "sekisho/v1/people.pb.h"
#include "sekisho/v1/rules.pb.h"
#include "sekisho/v1/scoreboard.pb.h"
#include "sekisho/v1/single_sign_on.pb.h"
#include "sekisho/v1/standing.pb.h"
#include "sekisho/v1/unblock.pb.h"

namespace agent::api {

policy::Result<MethodTable> MakeMethodTable(const Desk& desk) {
  MethodTable table;
  AddFeeds(table, desk);
  AddAllowlists(table, desk);
  AddObserve(table, desk);
  AddQueue(table, desk);
  AddBulk(table, desk);
  AddBlocks(table, desk);
  AddChanges(table, desk);
  AddEmergencies(table, desk);
  AddStandingApprovals(table, desk);
  AddUnblockRequests(table, desk);
  AddNotifications(table, desk);
  AddReleases(table, desk);
  AddPolicy(table, desk);
  AddDevices(table, desk);
  AddHistory(table, desk);
  AddRules(table, desk);
  AddScoreboard(table, desk);
  AddSessions(table, desk);
  AddSingleSignOn(table, desk);
  AddAccounts(table, desk);
  for (const auto* one_of :
       {sekisho::v1::AllowEntry::descriptor(), sekisho::v1::Proposal::descriptor(),
        sekisho::v1::BulkDecision::descriptor(), sekisho::v1::FollowRequest::descriptor(),
        sekisho::v1::Emergency::descriptor(), sekisho::v1::StandingApproval::descriptor(),
        sekisho::v1::Session::descriptor(), sekisho::v1::BeginResponse::descriptor(),
        sekisho::v1::UnblockRequest::descriptor(), sekisho::v1::Notification::descriptor(),
        sekisho::v1::RuleChange::descriptor(), sekisho::v1::FeedScore::descriptor()}) {
    const auto complete = table.Check(*one_of->file());
    if (!complete) return tl::unexpected(complete.error());
  }
  return table;
}

}  // namespace agent::api

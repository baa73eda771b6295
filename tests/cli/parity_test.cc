// Everything that the page can do, the command line can do: each method of people's services has a
// command here, and a new one without fails.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>

#include "cli/command_tree.h"

namespace cli {
namespace {

const std::map<std::string, std::string> command_of{
    {"Accounts/CreateToken", "token create"},
    {"Accounts/Invite", "account invite"},
    {"Accounts/ListAccounts", "account list"},
    {"Accounts/ListTokens", "token list"},
    {"Accounts/RevokeToken", "token revoke"},
    {"Accounts/SetDisabled", "account disable"},
    {"Accounts/SetRole", "account role"},
    {"Allowlists/AddAllowEntry", "allowlist add"},
    {"Allowlists/ListAllowlists", "allowlist list"},
    {"Allowlists/RemoveAllowEntry", "allowlist remove"},
    {"Allowlists/SearchAllowlists", "allowlist search"},
    {"Blocks/AddBlock", "block add"},
    {"Blocks/ListBlocks", "block list"},
    {"Blocks/RenewBlocks", "block renew"},
    {"Blocks/RevokeBlocks", "block revoke"},
    {"Blocks/Why", "why"},
    {"Bulk/CancelBulk", "bulk cancel"},
    {"Bulk/ListBulk", "bulk list"},
    {"Changes/Follow", "queue watch"},
    {"Devices/ListDevices", "device list"},
    {"Emergencies/BlockNow", "emergency block"},
    {"Emergencies/ListEmergencies", "emergency list"},
    {"Emergencies/Review", "emergency confirm"},
    {"Emergencies/UnblockNow", "emergency unblock"},
    {"Feeds/ListFeeds", "feed list"},
    {"Feeds/Observe", "observe"},
    {"Feeds/RefreshFeeds", "feed refresh"},
    {"History/ListCheckpoints", "history verify"},
    {"History/ListEntries", "history list"},
    {"History/ProveEntry", "history proof"},
    {"Policy/Explain", "policy explain"},
    {"Policy/Simulate", "policy simulate"},
    {"Queue/Claim", "queue claim"},
    {"Queue/Decide", "queue approve"},
    {"Queue/GetProposal", "queue show"},
    {"Queue/GroupProposals", "queue groups"},
    {"Queue/ListProposals", "queue list"},
    {"Queue/Watch", "queue review"},
    {"Releases/DiffReleases", "release diff"},
    {"Releases/GetRelease", "release show"},
    {"Releases/ListBrakes", "brake list"},
    {"Releases/ListReleases", "release list"},
    {"Releases/ReleaseBrake", "brake release"},
    {"Releases/RevertReleases", "release revert"},
    {"Rules/DecideRules", "policy approve"},
    {"Rules/GetRules", "policy show"},
    {"Rules/ProposeRules", "policy propose"},
    {"Scoreboard/GetScoreboard", "feed scores"},
    {"StandingApprovals/ApproveStandingApproval", "standing approve"},
    {"StandingApprovals/EndStandingApproval", "standing end"},
    {"StandingApprovals/GetStandingApproval", "standing show"},
    {"StandingApprovals/ListStandingApprovals", "standing list"},
    {"StandingApprovals/ProposeStandingApproval", "standing propose"},
    {"Notifications/ListNotifications", "notification list"},
    {"Notifications/SendTest", "notification test"},
    {"UnblockRequests/Decline", "unblock-request decline"},
    {"UnblockRequests/GetUnblockRequest", "unblock-request show"},
    {"UnblockRequests/Grant", "unblock-request grant"},
    {"UnblockRequests/ListUnblockRequests", "unblock-request list"},
};
// What anybody without an account asks by a page of its own.
const std::set<std::string> methods_without{"UnblockRequests/Ask", "UnblockRequests/Track"};
// What a browser logs in with, and devices: neither is for commands.
const std::set<std::string> services_without{"Sessions", "SingleSignOn", "Enforcement"};

std::set<std::string> MethodsOfPeople() {
  std::set<std::string> methods;
  const std::regex line(R"(^(?:service (\w+)|  rpc (\w+)\())");
  for (const auto& file : std::filesystem::directory_iterator(SEKISHO_PROTO_FOLDER)) {
    std::ifstream in(file.path());
    std::string service;
    for (std::string text; std::getline(in, text);) {
      std::smatch found;
      if (!std::regex_search(text, found, line)) continue;
      if (found[1].matched) service = found[1];
      const std::string method = service + "/" + found[2].str();
      if (found[2].matched && !services_without.contains(service) &&
          !methods_without.contains(method)) {
        methods.insert(method);
      }
    }
  }
  return methods;
}

bool Exists(const CommandDoc& root, const std::string& path) {
  std::istringstream words(path);
  const CommandDoc* at = &root;
  for (std::string word; words >> word;) {
    const auto found =
        std::find_if(at->commands.begin(), at->commands.end(),
                     [&](const CommandDoc& command) { return command.name == word; });
    if (found == at->commands.end()) return false;
    at = &*found;
  }
  return true;
}

TEST(ParityTest, EachMethodOfPeoplesServicesHasACommand) {
  const auto methods = MethodsOfPeople();
  ASSERT_GT(methods.size(), 30U) << "where are the .proto files?";
  const CommandDoc root = DescribeCommands();
  for (const std::string& method : methods) {
    const auto command = command_of.find(method);
    ASSERT_NE(command, command_of.end()) << "which command does what " << method << " does?";
    EXPECT_TRUE(Exists(root, command->second)) << command->second;
  }
  for (const auto& [method, command] : command_of) {
    EXPECT_TRUE(methods.contains(method)) << "there is no " << method;
  }
}

}  // namespace
}  // namespace cli

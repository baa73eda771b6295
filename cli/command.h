#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "cli/agent_client.h"
#include "cli/exit_code.h"
#include "cli/printer.h"
#include "cli/settings.h"
#include "cli/surroundings.h"
#include "policy/result.h"

// The commands. Each asks the agent, prints, and says how it went; an error is printed by Main.
namespace cli {

// What was typed after the command's name. A command reads those that command_line.cc gives it.
struct Arguments {
  std::vector<std::string> names;  // of feeds
  std::vector<std::int64_t> ids;
  std::vector<std::string> targets;  // IDs or an indicator
  std::vector<std::string> scope;    // of a token
  std::string name;                  // of an account, or a token's
  std::string role;
  std::string indicator;
  std::string reason;
  std::string expires;
  std::string filter;
  std::string kind;
  std::string feed;
  std::string list;
  std::string device;
  std::string at;
  std::string since;
  std::string subject;
  std::string page_token;
  std::vector<std::filesystem::path> witnessed;
  std::uint64_t number = 0;
  std::uint64_t other_number = 0;
  std::uint64_t from = 0;
  std::uint64_t before = 0;
  std::uint32_t limit = 100;
  std::filesystem::path file;
  std::string format;
  std::string threat;
  std::string by = "feed";       // what to group by
  std::string effect = "never";  // of an allowlist entry
  std::string owner;
  std::string valid_until;
  std::string valid_for;
  std::uint32_t uses_per_day = 0;
  std::optional<std::uint32_t> confidence;
  bool all_or_nothing = false;
  bool withdraw = false;
  bool exact = false;
  bool within = false;
  bool wait = false;
  bool accept_size = false;
  bool dry_run = false;
  bool yes = false;
  bool all = false;
  bool check = false;
};

struct Session {
  const AgentClient& agent;
  const Printer& printer;
  const Settings& settings;
  const Surroundings& surroundings;
};

using CommandResult = policy::Result<ExitCode>;
using Command = CommandResult (*)(const Session& session, const Arguments& arguments);
using LocalCommand = CommandResult (*)(const Printer& printer, const Arguments& arguments);

CommandResult ListFeeds(const Session& session, const Arguments& arguments);
CommandResult RefreshFeeds(const Session& session, const Arguments& arguments);

CommandResult Observe(const Session& session, const Arguments& arguments);

CommandResult ListProposals(const Session& session, const Arguments& arguments);
CommandResult ShowProposal(const Session& session, const Arguments& arguments);
CommandResult Claim(const Session& session, const Arguments& arguments);
CommandResult WatchQueue(const Session& session, const Arguments& arguments);
CommandResult GroupProposals(const Session& session, const Arguments& arguments);
CommandResult ReviewQueue(const Session& session, const Arguments& arguments);
CommandResult Approve(const Session& session, const Arguments& arguments);
CommandResult Reject(const Session& session, const Arguments& arguments);
CommandResult Defer(const Session& session, const Arguments& arguments);

CommandResult ListBulk(const Session& session, const Arguments& arguments);
CommandResult CancelBulk(const Session& session, const Arguments& arguments);

CommandResult ListBlocks(const Session& session, const Arguments& arguments);
CommandResult AddBlock(const Session& session, const Arguments& arguments);
CommandResult RenewBlocks(const Session& session, const Arguments& arguments);
CommandResult RevokeBlocks(const Session& session, const Arguments& arguments);
CommandResult Why(const Session& session, const Arguments& arguments);

CommandResult ListReleases(const Session& session, const Arguments& arguments);
CommandResult ShowRelease(const Session& session, const Arguments& arguments);
CommandResult DiffReleases(const Session& session, const Arguments& arguments);
CommandResult RevertReleases(const Session& session, const Arguments& arguments);
CommandResult ListBrakes(const Session& session, const Arguments& arguments);
CommandResult ReleaseBrake(const Session& session, const Arguments& arguments);

CommandResult ListEmergencies(const Session& session, const Arguments& arguments);
CommandResult BlockNow(const Session& session, const Arguments& arguments);
CommandResult UnblockNow(const Session& session, const Arguments& arguments);
CommandResult ConfirmEmergency(const Session& session, const Arguments& arguments);
CommandResult OverturnEmergency(const Session& session, const Arguments& arguments);

CommandResult ListUnblockRequests(const Session& session, const Arguments& arguments);
CommandResult ShowUnblockRequest(const Session& session, const Arguments& arguments);
CommandResult DeclineUnblockRequest(const Session& session, const Arguments& arguments);
CommandResult GrantUnblockRequest(const Session& session, const Arguments& arguments);

CommandResult ListNotifications(const Session& session, const Arguments& arguments);
CommandResult TestNotification(const Session& session, const Arguments& arguments);
CommandResult ListAllowlists(const Session& session, const Arguments& arguments);
CommandResult SearchAllowlists(const Session& session, const Arguments& arguments);
CommandResult AddAllowEntry(const Session& session, const Arguments& arguments);
CommandResult RemoveAllowEntry(const Session& session, const Arguments& arguments);
CommandResult ListStandingApprovals(const Session& session, const Arguments& arguments);
CommandResult ShowStandingApproval(const Session& session, const Arguments& arguments);
CommandResult ProposeStandingApproval(const Session& session, const Arguments& arguments);
CommandResult ApproveStandingApproval(const Session& session, const Arguments& arguments);
CommandResult EndStandingApproval(const Session& session, const Arguments& arguments);

CommandResult ListDevices(const Session& session, const Arguments& arguments);

CommandResult ListAccounts(const Session& session, const Arguments& arguments);
CommandResult Invite(const Session& session, const Arguments& arguments);
CommandResult SetRole(const Session& session, const Arguments& arguments);
CommandResult DisableAccount(const Session& session, const Arguments& arguments);
CommandResult EnableAccount(const Session& session, const Arguments& arguments);
CommandResult ListTokens(const Session& session, const Arguments& arguments);
CommandResult CreateToken(const Session& session, const Arguments& arguments);
CommandResult RevokeToken(const Session& session, const Arguments& arguments);

CommandResult ListHistory(const Session& session, const Arguments& arguments);
CommandResult VerifyHistory(const Session& session, const Arguments& arguments);
CommandResult ProveEntry(const Session& session, const Arguments& arguments);

CommandResult ShowRules(const Session& session, const Arguments& arguments);
CommandResult ProposeRules(const Session& session, const Arguments& arguments);
CommandResult ApproveRules(const Session& session, const Arguments& arguments);
CommandResult RejectRules(const Session& session, const Arguments& arguments);
CommandResult ShowScores(const Session& session, const Arguments& arguments);
CommandResult ExplainPolicy(const Session& session, const Arguments& arguments);
CommandResult SimulatePolicy(const Session& session, const Arguments& arguments);
// Asks no agent.
CommandResult TestPolicy(const Printer& printer, const Arguments& arguments);

// These ask no agent, either.
CommandResult PrintCompletionScript(const Printer& printer, const Arguments& arguments);
CommandResult WriteManPages(const Printer& printer, const Arguments& arguments);

// For the commands' own use.

// Prints an answer as JSON.
CommandResult JsonOf(const Session& session, const google::protobuf::Message& message);
// A mistake in what was typed.
tl::unexpected<policy::Error> UsageError(const Session& session, Text text);
// The error of a --reason that is blank.
policy::Result<void> CheckReason(const Session& session, const std::string& reason);
// Of a time, or of how long from now; none of an empty text.
policy::Result<std::optional<google::protobuf::Timestamp>> TimeFrom(const std::string& text);

}  // namespace cli

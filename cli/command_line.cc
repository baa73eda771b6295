#include "cli/command_line.h"

// The only file with CLI11: it costs five seconds of compilation.
#include <CLI/CLI.hpp>

#include <filesystem>
#include <type_traits>

#include "cli/command_tree.h"
#include "policy/time.h"

namespace cli {
namespace {

constexpr std::uint32_t limit_max = 10'000;  // api.proto

// As it is typed; what needs a second look goes into CommandLine afterwards.
struct Typed {
  CommandLine line;
  std::string output;
  std::string timeout;
  bool is_parsed = false;
};

constexpr const char* file_type = "FILE";  // by which completion knows, too

CLI::App& Group(CLI::App& parent, const char* name, const char* help) {
  CLI::App* group = parent.add_subcommand(name, help);
  group->require_subcommand(1);
  return *group;
}

// One command, with a few of the options that several have.
class Leaf {
 public:
  Leaf(CLI::App& parent, CommandLine& line, const char* name, const char* help, Command command)
      : app_(*parent.add_subcommand(name, help)), line_(line) {
    app_.callback([&line, command] { line.command = command; });
  }

  Leaf& Ids(const char* help, bool required, int most = 0) {
    auto* option = app_.add_option("ID", line_.arguments.ids, help)
                       ->required(required)
                       ->check(CLI::PositiveNumber);
    if (most > 0) option->expected(most);
    return *this;
  }
  Leaf& Number(const char* name, std::uint64_t& value, const char* help) {
    Unsigned(name, value, help)->required();
    return *this;
  }
  // CLI11 would take -1 for the largest number there is.
  CLI::Option* Unsigned(const char* name, std::uint64_t& value, const char* help) {
    return app_.add_option(name, value, help)->check(CLI::NonNegativeNumber);
  }
  Leaf& From(const char* name, std::uint64_t& value, const char* help) {
    Unsigned(name, value, help);
    return *this;
  }
  Leaf& Page() {
    Limit();
    app_.add_option("--page-token", line_.arguments.page_token, "go on where the last page ended");
    return *this;
  }
  Leaf& Limit() {
    app_.add_option("--limit", line_.arguments.limit, "how many at most")
        ->check(CLI::Range(std::uint32_t{1}, limit_max))
        ->capture_default_str();
    return *this;
  }
  Leaf& Reason() {
    app_.add_option("--reason", line_.arguments.reason, "why; it is kept in the history")
        ->required();
    return *this;
  }
  Leaf& Expires(const char* help) {
    app_.add_option("--expires", line_.arguments.expires, help)->type_name("DURATION");
    return *this;
  }
  template <class Value>
  Leaf& Option(const char* name, Value& value, const char* help) {
    app_.add_option(name, value, help);
    return *this;
  }
  template <class Paths>
  Leaf& File(const char* name, Paths& value, const char* help) {
    app_.add_option(name, value, help)->type_name(file_type);
    return *this;
  }
  Leaf& Flag(const char* name, bool& value, const char* help) {
    app_.add_flag(name, value, help);
    return *this;
  }
  CLI::App& app() { return app_; }

 private:
  CLI::App& app_;
  CommandLine& line_;
};

void AddGlobals(CLI::App& app, Typed& typed) {
  Settings& settings = typed.line.settings;
  app.set_version_flag("--version", std::string("sekisho ") + SEKISHO_VERSION);
  app.add_option("-o,--output", typed.output, "table (default) or json")
      ->check(CLI::IsMember({"table", "json"}));
  app.add_option("--agent", settings.agent, "HOST:PORT of the agent [SEKISHO_AGENT]");
  app.add_option("--server-name", settings.server_name,
                 "the name in the agent's certificate, if it is not HOST");
  const auto file = [&](const char* name, std::filesystem::path& path, const char* help) {
    app.add_option(name, path, help)->type_name(file_type);
  };
  file("--token-file", settings.token_file, "file with your token [SEKISHO_TOKEN_FILE]");
  file("--ca", settings.ca, "who may certify the agent, PEM [SEKISHO_CA]");
  file("--certificate", settings.certificate, "your certificate, PEM");
  file("--key", settings.key, "its key, PEM");
  file("--config", typed.line.config,
       "settings, YAML [SEKISHO_CONFIG; ~/.config/sekisho/config.yaml]");
  app.add_option("--timeout", typed.timeout, "how long to wait for an answer, as in 30s");
  app.add_option("--lang", settings.language, "en or ja; otherwise by LC_ALL, LC_MESSAGES, LANG")
      ->check(CLI::IsMember({"en", "ja"}));
}

void AddFeed(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  CLI::App& feed = Group(app, "feed", "where indicators come from");
  Leaf(feed, line, "list", "feeds and allowlists, and how they are", ListFeeds);
  Leaf(feed, line, "scores", "how much each brings, alone, rightly and how soon", ShowScores);
  Leaf(feed, line, "refresh", "fetch now; without names all of them", RefreshFeeds)
      .Option("NAME", to.names, "feeds")
      .Flag("--wait", to.wait, "until each was taken in or refused; ends with 6 if one was not")
      .Flag("--accept-size", to.accept_size,
            "this once, however much it shrank, grew or aged; you looked at it");
}

void AddObserve(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  Leaf leaf(app, line, "observe",
            "say what was seen; the policy and people decide what comes of it", Observe);
  leaf.Option("INDICATOR", to.targets, "domains, addresses, prefixes, URLs; may be defanged")
      .File("--file", to.file, "a file of them; - is standard input")
      .Option("--valid-until", to.valid_until, "a time, or how long from now, as in 7d")
      .Flag("--withdraw", to.withdraw, "take back what was said of them")
      .Flag("--all-or-nothing", to.all_or_nothing, "take none if one is no good; up to 10000");
  leaf.app().add_option("--feed", to.feed, "to this feed, of the format push")->required();
  leaf.app()
      .add_option("--threat", to.threat, "what it was seen doing")
      ->check(CLI::IsMember({"c2", "phishing", "malware-download", "scanning", "exploit"}));
  leaf.app()
      .add_option("--format", to.format, "of the file: plain (default), csv or json")
      ->check(CLI::IsMember({"plain", "csv", "json"}));
  leaf.app()
      .add_option("--confidence", to.confidence, "0 to 100; where the file says none")
      ->check(CLI::Range(std::uint32_t{0}, std::uint32_t{100}));
}

void AddDecision(CLI::App& queue, CommandLine& line, const char* name, const char* help,
                 Command command, const char* expires) {
  Arguments& to = line.arguments;
  Leaf leaf(queue, line, name, help, command);
  leaf.Ids("proposals", false)
      .Option("--filter", to.filter, "all pending ones that match")
      .Reason()
      .Flag("--dry-run", to.dry_run, "count and show, decide nothing")
      .Flag("--yes", to.yes, "do not ask, whatever --filter matches and others are at");
  if (expires != nullptr) leaf.Expires(expires);
}

void AddQueue(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  CLI::App& queue = Group(app, "queue", "what waits for people");
  Leaf list(queue, line, "list", "proposals, pending ones if no filter says otherwise",
            ListProposals);
  list.Option("--feed", to.feed, "of this feed only")
      .Option("--filter", to.filter, "as in 'confidence>=80 threat:c2'")
      .Page();
  list.app()
      .add_option("--kind", to.kind, "domain, url or ip")
      ->check(CLI::IsMember({"domain", "url", "ip"}));
  Leaf groups(queue, line, "groups", "how many there are of each kind, the largest first",
              GroupProposals);
  groups.Option("--filter", to.filter, "of those that match").Limit();
  groups.app()
      .add_option("--by", to.by,
                  "feed (default), kind, threat, malware, campaign, reason, site or network")
      ->check(CLI::IsMember(
          {"feed", "kind", "threat", "malware", "campaign", "reason", "site", "network"}));
  Leaf(queue, line, "show", "all about one proposal", ShowProposal).Ids("its ID", true, 1);
  Leaf(queue, line, "claim",
       "tell others that you are at these, for ten minutes; without IDs at none", Claim)
      .Ids("proposals", false);
  Leaf(queue, line, "watch", "a line for each change, until interrupted", WatchQueue);
  Leaf(queue, line, "review", "decide on one after the other, by single keys on a terminal",
       ReviewQueue)
      .Option("--filter", to.filter, "only those that match")
      .Expires("for how long to block what is approved, as in 7d");
  AddDecision(queue, line, "approve", "have them blocked", Approve,
              "for how long to block, as in 7d");
  AddDecision(queue, line, "reject", "have them not blocked", Reject, nullptr);
  AddDecision(queue, line, "defer", "look again later", Defer, "when to look again, as in 7d");
}

void AddBulk(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  CLI::App& bulk = Group(app, "bulk", "decisions on so many that they take a while");
  Leaf(bulk, line, "list", "those that are running", ListBulk)
      .From("--before", to.before, "older than this one only")
      .Limit()
      .Flag("--all", to.all, "those that are over, too; newest first");
  Leaf(bulk, line, "cancel", "stop one; what was decided stays so", CancelBulk)
      .Ids("the bulk decision's ID", true, 1)
      .Reason();
}

void AddBlock(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  CLI::App& block = Group(app, "block", "what is blocked");
  Leaf(block, line, "list", "blocks in force", ListBlocks)
      .Page()
      .Flag("--all", to.all, "those removed, too")
      .Option("--expiring", to.expires, "those that end within so long, as in 7d");
  Leaf add(block, line, "add", "propose an indicator; another person has to approve it",
           cli::AddBlock);
  add.Reason().Expires("for how long to block, as in 7d");
  add.app().add_option("INDICATOR", to.indicator, "domain, address, prefix or URL")->required();
  Leaf(block, line, "renew", "have blocks in force end later, by the rules of an approval",
       RenewBlocks)
      .Ids("blocks", true)
      .Reason()
      .Expires("for how long from now, as in 7d");
  Leaf revoke(block, line, "revoke", "end blocks now", RevokeBlocks);
  revoke.Reason();
  revoke.app().add_option("ID|INDICATOR", to.targets, "IDs, or one indicator")->required();
}

void AddEmergency(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  CLI::App& emergency = Group(app, "emergency", "what cannot wait for another person");
  Leaf(emergency, line, "list", "those that wait for a review", ListEmergencies)
      .From("--before", to.before, "older than this one only")
      .Limit()
      .Flag("--all", to.all, "reviewed ones, too; newest first");
  Leaf block(emergency, line, "block", "block at once; another person has to review it", BlockNow);
  block.Reason();
  block.app().add_option("INDICATOR", to.targets, "domains, addresses, prefixes, URLs")->required();
  Leaf unblock(emergency, line, "unblock",
               "let through at once; nothing brings it back before the review", UnblockNow);
  unblock.Reason()
      .Flag("--within", to.within, "also all below the domain, or inside the prefix")
      .Flag("--dry-run", to.dry_run, "show what would go, change nothing");
  unblock.app().add_option("INDICATOR", to.indicator, "may be defanged")->required();
  Leaf(emergency, line, "confirm", "stand by what another did", ConfirmEmergency)
      .Ids("the emergency's ID", true, 1)
      .Reason()
      .Expires("for how long to go on blocking, as in 7d");
  Leaf(emergency, line, "overturn", "undo what another did", OverturnEmergency)
      .Ids("the emergency's ID", true, 1)
      .Reason();
}

void AddUnblockRequest(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  CLI::App& request = Group(app, "unblock-request", "what those ask for whom a block stopped");
  Leaf(request, line, "list", "those that wait for an answer", ListUnblockRequests)
      .From("--before", to.before, "older than this one only")
      .Limit()
      .Flag("--all", to.all, "answered ones, too; newest first");
  Leaf(request, line, "show", "one, and the evidence for an answer", ShowUnblockRequest)
      .Ids("its ID", true, 1);
  Leaf(request, line, "decline", "leave all as it is; who asked is shown the reason",
       DeclineUnblockRequest)
      .Ids("the request's ID", true, 1)
      .Reason();
  Leaf(request, line, "grant", "take out of force what blocks it; who asked is shown the reason",
       GrantUnblockRequest)
      .Ids("the request's ID", true, 1)
      .Reason()
      .Expires("for how long, as in 24h; then it is before people again");
}

void AddNotification(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  CLI::App& notification =
      Group(app, "notification", "what people are told, and whether it arrives");
  Leaf(notification, line, "list", "what went out or waits, newest first", ListNotifications)
      .From("--before", to.before, "older than this one only")
      .Limit();
  Leaf test(notification, line, "test", "try a channel", TestNotification);
  test.app().add_option("CHANNEL", to.name, "as the agent's configuration names it")->required();
}

void AddAllowlist(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  CLI::App& allowlist = Group(app, "allowlist", "what must not be blocked");
  Leaf(allowlist, line, "list", "all allowlists, and the entries of people", ListAllowlists);
  Leaf search(allowlist, line, "search", "what an indicator hits or is near to, or holds a text",
              SearchAllowlists);
  search.Limit().app().add_option("INDICATOR|TEXT", to.indicator, "may be defanged")->required();
  Leaf add(allowlist, line, "add", "keep something from being blocked, from now on", AddAllowEntry);
  add.Reason()
      .Expires("until when, a time, or how long from now, as in 30d")
      .Flag("--exact", to.exact, "the name alone, not those below it")
      .Flag("--dry-run", to.dry_run, "show what it would do, change nothing");
  add.app().add_option("INDICATOR", to.indicator, "a name, an address or a prefix")->required();
  add.app().add_option("--owner", to.owner, "whom to ask about it")->required();
  add.app()
      .add_option("--effect", to.effect, "never to be blocked (default), or by two people only")
      ->check(CLI::IsMember({"never", "review"}));
  Leaf(allowlist, line, "remove", "ask for an entry's end, or agree with who asked",
       RemoveAllowEntry)
      .Ids("the entry's ID", true, 1)
      .Reason()
      .Flag("--dry-run", to.dry_run, "show what would be proposed then, change nothing");
}

void AddStanding(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  CLI::App& standing = Group(app, "standing", "rules that approve what matches them");
  Leaf(standing, line, "list", "those that have not ended", ListStandingApprovals)
      .From("--before", to.before, "older than this one only")
      .Limit()
      .Flag("--all", to.all, "ended ones, too; newest first");
  Leaf(standing, line, "show", "one, and what it would approve now", ShowStandingApproval)
      .Ids("its ID", true, 1);
  Leaf propose(standing, line, "propose", "two other people have to approve it",
               ProposeStandingApproval);
  propose.Reason()
      .Expires("for how long to block, as in 7d")
      .Option("--valid-for", to.valid_for, "how long the rule holds, as in 30d")
      .Flag("--dry-run", to.dry_run, "show what it would approve, propose nothing");
  propose.app().add_option("--filter", to.filter, "what to approve")->required();
  propose.app()
      .add_option("--uses-per-day", to.uses_per_day, "how much it may approve in a day")
      ->check(CLI::PositiveNumber);
  Leaf(standing, line, "approve", "be one of the two; shows it first", ApproveStandingApproval)
      .Ids("its ID", true, 1)
      .Reason()
      .Flag("--yes", to.yes, "do not ask");
  Leaf(standing, line, "end", "at once; what it approved stays", EndStandingApproval)
      .Ids("its ID", true, 1)
      .Reason();
}

void AddWhy(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  Leaf why(app, line, "why", "why an indicator is blocked, or is not", Why);
  why.app().add_option("INDICATOR", to.indicator, "may be defanged")->required();
  why.Option("--at", to.at, "at this time rather than now, as in 2026-11-24T10:00:00Z")
      .Option("--device", to.device, "on this device only");
}

void AddPolicy(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  CLI::App& policy = Group(app, "policy", "the rules that decide");
  CLI::App& test = *policy.add_subcommand("test", "try a table of cases, without an agent");
  test.add_option("FILE", to.file, "the cases, YAML")->type_name(file_type)->required();
  test.callback([&line] { line.local_command = TestPolicy; });
  Leaf simulate(policy, line, "simulate", "what other rules would change; changes nothing",
                SimulatePolicy);
  simulate.app()
      .add_option("FILE", to.file, "an agent's configuration, YAML")
      ->type_name(file_type)
      ->required();
  Leaf(policy, line, "show", "the rules in force, and changes of them; of a change, its rules",
       ShowRules)
      .Ids("a change's ID", false, 1);
  Leaf propose(policy, line, "propose", "other rules, for another person to approve",
               cli::ProposeRules);
  propose.Reason()
      .app()
      .add_option("FILE", to.file, "an agent's configuration, YAML; its rules only")
      ->type_name(file_type)
      ->required();
  Leaf(policy, line, "approve", "have a change of rules hold from now on", ApproveRules)
      .Ids("the change's ID", true, 1)
      .Reason();
  Leaf(policy, line, "reject", "have it not hold", RejectRules)
      .Ids("the change's ID", true, 1)
      .Reason();
  Leaf explain(policy, line, "explain", "what the rules make of an indicator, with every number",
               ExplainPolicy);
  explain.app().add_option("INDICATOR", to.indicator, "may be defanged")->required();
}

void AddBrake(CLI::App& parent, CommandLine& line) {
  CLI::App& brake = Group(parent, "brake", "changes too large to go out by themselves");
  Leaf(brake, line, "list", "brakes that are on", ListBrakes);
  Leaf(brake, line, "release", "let the change go out", ReleaseBrake)
      .Ids("the brake's ID", true, 1)
      .Reason();
}

void AddRelease(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  CLI::App& release = Group(app, "release", "numbered states of what is blocked");
  Leaf(release, line, "list", "newest first", ListReleases)
      .Limit()
      .From("--before", to.before, "older than this release only");
  Leaf(release, line, "show", "one release and its lists", ShowRelease)
      .Number("N", to.number, "its number; 0 is the newest")
      .Option("--list", to.list, "print the lines of this list");
  Leaf(release, line, "diff", "what B blocks and A does not, and the other way round", DiffReleases)
      .Number("A", to.number, "a release")
      .Number("B", to.other_number, "another");
  Leaf(release, line, "revert", "go back from B to A: revoke what came, propose again what went",
       RevertReleases)
      .Number("A", to.number, "a release")
      .Number("B", to.other_number, "a later one")
      .Reason()
      .Flag("--dry-run", to.dry_run, "show what would be done, change nothing");
  AddBrake(release, line);
}

void AddDevice(CLI::App& app, CommandLine& line) {
  CLI::App& device = Group(app, "device", "who enforces");
  Leaf(device, line, "list", "devices, and what they proved to enforce", ListDevices)
      .Flag(
          "--check", line.arguments.check,
          "end with 6 if one is neither current nor dry-run, or a certificate ends within 3 days");
}

void AddAccount(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  const auto with_name = [&](Leaf leaf) -> Leaf {
    leaf.app().add_option("NAME", to.name, "whose")->required();
    return leaf;
  };
  CLI::App& account = Group(app, "account", "who works on the web page");
  Leaf(account, line, "list", "accounts, and how they are", ListAccounts);
  with_name(Leaf(account, line, "invite",
                 "print a link for somebody new or, without --role, for a new password", Invite))
      .Option("--role", to.role, "viewer, analyst, approver, senior_approver, auditor or admin");
  with_name(Leaf(account, line, "role", "change the role; voids undecided votes", SetRole))
      .app()
      .add_option("ROLE", to.role, "the new one")
      ->required();
  with_name(Leaf(account, line, "disable", "nobody can log in; sessions end", DisableAccount));
  with_name(Leaf(account, line, "enable", "undo that", EnableAccount));

  CLI::App& token = Group(app, "token", "what scripts call with");
  Leaf(token, line, "list", "tokens, but not their secrets", ListTokens);
  Leaf create = with_name(Leaf(token, line, "create", "print a new one, once", CreateToken));
  create.Expires("for how long, as in 90d");
  create.app().add_option("--role", to.role, "as for accounts")->required();
  create.Option("--only", to.scope,
                "of what the role may, only these: Queue, Queue/ListProposals, feed:desk");
  Leaf(token, line, "revoke", "end one at once", RevokeToken).Ids("its ID", true, 1);
}

void AddHistory(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  CLI::App& history = Group(app, "history", "the record of all that was done");
  Leaf(history, line, "list", "entries", ListHistory)
      .Option("--since", to.since, "from this time on, as in 2026-11-24")
      .Option("--subject", to.subject, "about this indicator only")
      .From("--from", to.from, "from this entry on")
      .Limit();
  const char* key = "the history's public key, NAME+ID+KEY";
  Leaf(history, line, "verify", "prove that nothing was changed, removed or inserted",
       VerifyHistory)
      .Option("--key", line.settings.verifier_key, key)
      .File("--witnessed", to.witnessed, "file with a checkpoint kept elsewhere");
  Leaf(history, line, "proof", "prove that an entry is in the history", cli::ProveEntry)
      .Number("N", to.number, "the entry's index")
      .Option("--key", line.settings.verifier_key, key);
}

void AddShell(CLI::App& app, CommandLine& line) {
  Arguments& to = line.arguments;
  CLI::App& completion = *app.add_subcommand("completion", "print what a shell completes words by");
  completion.add_option("SHELL", to.name, "which")
      ->required()
      ->check(CLI::IsMember({"bash", "fish", "zsh"}));
  completion.callback([&line] { line.local_command = PrintCompletionScript; });
  CLI::App& manual = *app.add_subcommand("manual", "write the manual pages, for man(1)");
  manual.add_option("FOLDER", to.file, "where to, as in /usr/local/share/man/man1")
      ->type_name(file_type)
      ->required();
  manual.callback([&line] { line.local_command = WriteManPages; });
}

void AddAll(CLI::App& app, Typed& typed) {
  CommandLine& line = typed.line;
  app.require_subcommand(1);
  app.fallthrough();  // options for the connection may stand behind the command, too
  AddGlobals(app, typed);
  AddFeed(app, line);
  AddObserve(app, line);
  AddQueue(app, line);
  AddBulk(app, line);
  AddBlock(app, line);
  AddEmergency(app, line);
  AddUnblockRequest(app, line);
  AddNotification(app, line);
  AddAllowlist(app, line);
  AddStanding(app, line);
  AddWhy(app, line);
  AddPolicy(app, line);
  AddRelease(app, line);
  AddBrake(app, line);
  AddDevice(app, line);
  AddAccount(app, line);
  AddHistory(app, line);
  AddShell(app, line);
}

// Of "TEXT:{table,json}", as CLI11 describes an option that has to be one of these.
std::vector<std::string> ChoicesOf(const CLI::Option& option) {
  const std::string type = option.get_type_name();
  const auto open = type.find('{');
  const auto close = type.find('}', open);
  if (open == type.npos || close == type.npos) return {};
  return CLI::detail::split(type.substr(open + 1, close - open - 1), ',');
}

OptionDoc Describe(const CLI::Option& option) {
  OptionDoc doc;
  for (const std::string& name : option.get_snames()) doc.names.push_back("-" + name);
  for (const std::string& name : option.get_lnames()) doc.names.push_back("--" + name);
  if (option.get_positional()) doc.names = {option.get_name(true)};
  doc.help = option.get_description();
  doc.choices = ChoicesOf(option);
  doc.takes_value = option.get_items_expected_max() > 0;
  doc.takes_file = option.get_type_name() == file_type;
  doc.is_required = option.get_required();
  doc.repeats = option.get_items_expected_max() > 1;
  return doc;
}

CommandDoc Describe(const CLI::App& app) {
  CommandDoc doc{.name = app.get_name(), .help = app.get_description()};
  for (const CLI::Option* option : app.get_options()) {
    (option->get_positional() ? doc.operands : doc.options).push_back(Describe(*option));
  }
  for (const CLI::App* command : app.get_subcommands({}))
    doc.commands.push_back(Describe(*command));
  return doc;
}

constexpr const char* program_help =
    "Vets indicators, and tells why devices block what they block.";

}  // namespace

CommandDoc DescribeCommands() {
  CLI::App app(program_help, "sekisho");
  Typed typed;
  AddAll(app, typed);
  return Describe(app);
}

tl::expected<CommandLine, ExitCode> ParseCommandLine(const std::vector<std::string>& words,
                                                     const Surroundings& surroundings) {
  CLI::App app(program_help, "sekisho");
  Typed typed;
  AddAll(app, typed);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    const int code = app.exit(error, surroundings.out, surroundings.err);
    return tl::unexpected(code == 0 ? ExitCode::ok : ExitCode::usage);
  }
  if (typed.output == "json") typed.line.format = OutputFormat::json;
  if (!typed.timeout.empty()) {
    const auto timeout = policy::ParseDuration(typed.timeout);
    if (!timeout) {
      surroundings.err << "--timeout: " << timeout.error().detail << "\n";
      return tl::unexpected(ExitCode::usage);
    }
    typed.line.settings.timeout = *timeout;
  }
  return std::move(typed.line);
}

}  // namespace cli

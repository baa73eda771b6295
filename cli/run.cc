#include "cli/run.h"

#include <utility>

#include "cli/agent_client.h"
#include "cli/command.h"
#include "cli/command_line.h"
#include "cli/command_tree.h"
#include "cli/completion.h"
#include "cli/printer.h"
#include "cli/settings.h"

namespace cli {
namespace {

// POSIX: the first that is set and not empty decides.
std::string LocaleOf(const Surroundings& surroundings) {
  for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    if (auto value = surroundings.environment(name); value && !value->empty()) return *value;
  }
  return "";
}

// A file that is not there is what the user got wrong, not what the agent did not find.
tl::unexpected<policy::Error> Unusable(const policy::Error& error) {
  return policy::Fail(policy::ErrorCode::malformed_input, error.detail);
}

CommandResult Run(const CommandLine& line, const Settings& settings, const Printer& printer,
                  const Surroundings& surroundings) {
  if (line.local_command != nullptr) return line.local_command(printer, line.arguments);
  const auto agent = AgentClient::Open(settings);
  if (!agent) return Unusable(agent.error());
  return line.command({*agent, printer, settings, surroundings}, line.arguments);
}

}  // namespace

int Main(const std::vector<std::string>& words, const Surroundings& surroundings) {
  if (!words.empty() && words.front() == completion_request) {
    surroundings.out << ToText(Complete(DescribeCommands(), {words.begin() + 1, words.end()}));
    return static_cast<int>(ExitCode::ok);
  }
  const auto line = ParseCommandLine(words, surroundings);
  if (!line) return static_cast<int>(line.error());
  const auto settings = CompleteSettings(line->settings, line->config, surroundings);
  const std::string& asked = settings ? settings->language : line->settings.language;
  const Printer printer(surroundings, line->format, ChooseLanguage(asked, LocaleOf(surroundings)));
  const CommandResult result = settings ? Run(*line, *settings, printer, surroundings)
                                        : CommandResult(Unusable(settings.error()));
  if (!result) {
    printer.SayError(result.error());
    return static_cast<int>(ExitCodeOf(result.error().code));
  }
  surroundings.out.flush();
  return static_cast<int>(surroundings.out ? *result : ExitCode::failure);
}

}  // namespace cli

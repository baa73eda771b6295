#include <string>

#include "cli/command.h"
#include "cli/command_tree.h"
#include "cli/completion.h"
#include "cli/man_page.h"
#include "platform/atomic_file.h"

namespace cli {

CommandResult PrintCompletionScript(const Printer& printer, const Arguments& arguments) {
  const auto script = CompletionScript(arguments.name);
  if (!script) return tl::unexpected(script.error());
  printer.Verbatim(*script);
  return ExitCode::ok;
}

CommandResult WriteManPages(const Printer& printer, const Arguments& arguments) {
  for (const ManPage& page : ManPages(DescribeCommands(), SEKISHO_VERSION)) {
    const auto path = arguments.file / (page.name + ".1");
    if (auto ok = platform::WriteFileAtomically(path, page.text); !ok) {
      return tl::unexpected(std::move(ok.error()));
    }
    printer.Line(path.string());
  }
  return ExitCode::ok;
}

}  // namespace cli

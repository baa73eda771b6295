// The completion in the real shells, and the manual pages by the real readers.

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "platform/subprocess.h"
#include "tests/cli/terminal.h"
#include "tests/platform/temporary_folder.h"

namespace cli::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::filesystem::path sekisho(SEKISHO_CLI);

std::string Output(const std::vector<std::string>& argv) {
  const auto output = platform::Run(argv, {.inherit_env = true});
  if (!output) {
    ADD_FAILURE() << output.error().detail;
    return "";
  }
  EXPECT_EQ(output->exit_code, 0) << argv.front() << ": " << output->err;
  return output->out;
}

class Shells : public ::testing::Test {
 protected:
  // A folder of its own, where sekisho is in PATH and its completion is a file.
  std::string ScriptFor(const std::string& shell) {
    std::ofstream(folder_ / "script") << Output({sekisho, "completion", shell});
    return folder_ / "script";
  }
  std::string Path() const { return sekisho.parent_path().string() + ":/usr/bin:/bin"; }

  platform::testing::TemporaryFolder folder_;
};

TEST_F(Shells, BashCompletesCommandsValuesAndFiles) {
  std::ofstream(folder_ / "cases.yaml") << "";
  const std::string begin =
      "cd " + (folder_ / "").string() + "; PATH=" + Path() + "; source " + ScriptFor("bash") + "; ";
  const auto completions = [&](const std::string& words, int last) {
    return Output({"bash", "--norc", "-c",
                   begin + "COMP_WORDS=(" + words + "); COMP_CWORD=" + std::to_string(last) +
                       "; _sekisho 2>/dev/null; printf '%s ' \"${COMPREPLY[@]}\""});
  };
  EXPECT_EQ(completions("sekisho que", 1), "queue ");
  EXPECT_EQ(completions("sekisho queue list --kind ''", 4), "domain url ip ");
  EXPECT_EQ(completions("sekisho policy test ca", 3), "cases.yaml ");
}

TEST_F(Shells, FishCompletesWithDescriptions) {
  const std::string script = ScriptFor("fish");
  const std::string begin =
      "set PATH " + sekisho.parent_path().string() + " $PATH; source " + script + "; complete -C ";
  EXPECT_EQ(Output({"fish", "--no-config", "-c", begin + "'sekisho queue def'"}),
            "defer\tlook again later\n");
  EXPECT_EQ(Output({"fish", "--no-config", "-c", begin + "'sekisho -o j'"}), "json\n");
}

TEST_F(Shells, ZshCompletesWhereOneTypes) {
  const std::string script = ScriptFor("zsh");
  Terminal terminal({"zsh", "-f"}, {"PATH=" + Path(), "PS1=ready> "}, 100, 30);
  terminal.ScreenWith("ready>");
  terminal.Type("autoload -U compinit; compinit -D; source " + script + "; clear\r");
  terminal.ScreenWith("ready>");
  terminal.Type("sekisho history pro");
  terminal.Press("Tab");
  EXPECT_THAT(terminal.ScreenWith("sekisho history proof"), HasSubstr("sekisho history proof"));
}

TEST_F(Shells, EachManualPageIsReadWithoutAComplaint) {
  Output({sekisho, "manual", folder_ / ""});
  std::vector<std::string> pages;
  for (const auto& entry : std::filesystem::directory_iterator(folder_ / "")) {
    pages.push_back(entry.path());
  }
  ASSERT_GE(pages.size(), 12U);
  for (const std::string& page : pages) {
    EXPECT_THAT(Output({"mandoc", "-Tlint", "-Werror", page}), IsEmpty()) << page;
  }
}

TEST_F(Shells, AManualPageHasEveryCommandAndOption) {
  Output({sekisho, "manual", folder_ / ""});
  const std::string page =
      Output({"mandoc", "-Tascii", "-Owidth=200", folder_ / "sekisho-queue.1"});
  std::string plain;  // without overstriking
  for (std::size_t i = 0; i < page.size(); ++i) {
    if (i + 1 < page.size() && page[i + 1] == '\b') {
      ++i;
    } else {
      plain += page[i];
    }
  }
  EXPECT_THAT(plain, HasSubstr("sekisho queue approve [ID...] --reason VALUE"));
  EXPECT_THAT(plain, HasSubstr("--kind domain|url|ip"));
  EXPECT_THAT(plain, HasSubstr("As in 'confidence>=80 threat:c2'."));
}

}  // namespace
}  // namespace cli::testing

#include "tests/cli/fixture.h"

#include <fstream>
#include <sstream>

#include "cli/run.h"

namespace cli::testing {

CliTest::CliTest() {
  WriteFile("ca.pem", agent_.ca_pem());
  WriteFile("token", std::string(token) + "\n");
  environment_ = {{"SEKISHO_AGENT", agent_.address()},
                  {"SEKISHO_CA", folder_ / "ca.pem"},
                  {"SEKISHO_TOKEN_FILE", folder_ / "token"},
                  {"HOME", folder_.path()},
                  {"LANG", "C.UTF-8"}};
}

Outcome CliTest::Run(const std::string& words) {
  std::istringstream in(words);
  std::vector<std::string> split;
  for (std::string word; in >> word;) split.push_back(word);
  return RunWords(split);
}

Outcome CliTest::RunWords(const std::vector<std::string>& words) {
  std::istringstream in(typed_);
  std::ostringstream out;
  std::ostringstream err;
  const auto environment = [this](const std::string& name) -> std::optional<std::string> {
    const auto it = environment_.find(name);
    return it == environment_.end() ? std::nullopt : std::optional(it->second);
  };
  const int code = Main(words, {.environment = environment,
                                .in = in,
                                .out = out,
                                .err = err,
                                .in_is_terminal = is_terminal_,
                                .out_is_terminal = is_terminal_,
                                .columns = columns_});
  return {code, out.str(), err.str()};
}

void CliTest::WriteFile(const std::string& name, const std::string& text) {
  std::ofstream(folder_ / name, std::ios::binary) << text;
}

}  // namespace cli::testing

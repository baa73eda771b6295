// sekisho: the command line of people and scripts.

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "cli/exit_code.h"
#include "cli/run.h"
#include "cli/surroundings.h"

namespace {

std::optional<std::string> Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

int ColumnsOf(int terminal) {
  winsize size{};
  return ioctl(terminal, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

}  // namespace

int main(int argc, char** argv) {
  // What gRPC would log of a failed connection comes as an error, too.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  const cli::Surroundings surroundings{.environment = Environment,
                                       .in = std::cin,
                                       .out = std::cout,
                                       .err = std::cerr,
                                       .in_is_terminal = isatty(STDIN_FILENO) == 1,
                                       .out_is_terminal = isatty(STDOUT_FILENO) == 1,
                                       .err_is_terminal = isatty(STDERR_FILENO) == 1,
                                       .columns = ColumnsOf(STDOUT_FILENO)};
  try {
    return cli::Main({argv + 1, argv + argc}, surroundings);
  } catch (const std::exception& error) {
    static_cast<void>(std::fprintf(stderr, "sekisho: %s\n", error.what()));
    return static_cast<int>(cli::ExitCode::failure);
  }
}

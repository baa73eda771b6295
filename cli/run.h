#pragma once

#include <string>
#include <vector>

#include "cli/surroundings.h"

namespace cli {

// Runs one command, the program's name left out of `words`, and returns the process's exit code.
int Main(const std::vector<std::string>& words, const Surroundings& surroundings);

}  // namespace cli

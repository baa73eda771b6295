#pragma once

#include <string>
#include <vector>

#include "cli/command_tree.h"

namespace cli {

struct ManPage {
  std::string name;  // "sekisho-queue", of section 1
  std::string text;  // man(7)
};

// A page for the program and one for each of its commands, `queue` with its own commands on one.
std::vector<ManPage> ManPages(const CommandDoc& root, const std::string& version);

}  // namespace cli

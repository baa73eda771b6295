#pragma once

#include <string>
#include <vector>

namespace cli {

// An option, or an operand, whose only name is then what help calls it.
struct OptionDoc {
  std::vector<std::string> names;  // "-o", "--output"
  std::string help;
  std::vector<std::string> choices;  // all values there are, if they are few
  bool takes_value = false;
  bool takes_file = false;
  bool is_required = false;
  bool repeats = false;
};

struct CommandDoc {
  std::string name;
  std::string help;
  std::vector<OptionDoc> options;  // its own; those of the commands above it hold, too
  std::vector<OptionDoc> operands;
  std::vector<CommandDoc> commands;
};

// What ParseCommandLine understands, for completion and manual pages: the root is `sekisho` itself.
CommandDoc DescribeCommands();

}  // namespace cli

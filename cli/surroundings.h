#pragma once

#include <functional>
#include <istream>
#include <optional>
#include <ostream>
#include <string>

namespace cli {

// All that the program touches besides the agent and the files it is told to read. What the user
// asked for goes to `out`, everything else to `err`.
struct Surroundings {
  std::function<std::optional<std::string>(const std::string& name)> environment;
  std::istream& in;
  std::ostream& out;
  std::ostream& err;
  bool in_is_terminal = false;
  bool out_is_terminal = false;
  bool err_is_terminal = false;
  int columns = 0;  // of the terminal `out` is; 0 if unknown
};

}  // namespace cli

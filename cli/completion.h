#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command_tree.h"
#include "policy/result.h"

namespace cli {

struct Completions {
  struct Candidate {
    std::string word;
    std::string help;
  };
  std::vector<Candidate> candidates;
  bool files = false;  // a file's name fits
};

// What may stand in place of the last of `words`, which may be empty or begun; the words before it
// are complete, the program's name left out.
Completions Complete(const CommandDoc& root, const std::vector<std::string>& words);

// The word by which a shell's script asks, instead of a command. What is printed is its protocol:
// a line a candidate, "WORD<tab>HELP", and ":files" where a file's name fits.
inline constexpr std::string_view completion_request = "__complete";
std::string ToText(const Completions& completions);

// The script for "bash", "zsh" or "fish". It asks the program, so that it is never out of date.
policy::Result<std::string> CompletionScript(std::string_view shell);

}  // namespace cli

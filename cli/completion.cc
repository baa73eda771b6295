#include "cli/completion.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

namespace cli {
namespace {

// Bash takes ":" and "=" for the ends of words, which none of our words has inside.
constexpr std::string_view bash_script = R"(# sekisho: completion for bash
_sekisho() {
  local line word=${COMP_WORDS[COMP_CWORD]}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ $line == :files ]]; then
      compopt -o filenames
      mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$word")
    else
      COMPREPLY+=("${line%%$'\t'*}")
    fi
  done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _sekisho sekisho
)";

constexpr std::string_view zsh_script = R"(#compdef sekisho
# sekisho: completion for zsh
_sekisho() {
  local line
  local -a described
  for line in "${(@f)$("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    if [[ $line == :files ]]; then
      _files
    elif [[ -n $line ]]; then
      described+=("${line/$'\t'/:}")
    fi
  done
  (( $#described )) && _describe -t commands sekisho described
}
if [[ $funcstack[1] == _sekisho ]]; then _sekisho "$@"; else compdef _sekisho sekisho; fi
)";

constexpr std::string_view fish_script = R"(# sekisho: completion for fish
function __sekisho_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
    if test "$line" = :files
      __fish_complete_path (commandline -ct)
    else
      echo $line
    end
  end
end
complete -c sekisho -f -a '(__sekisho_complete)'
)";

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> scripts{{
    {"bash", bash_script},
    {"fish", fish_script},
    {"zsh", zsh_script},
}};

// The commands that the complete words lead through, and what they leave open.
struct Place {
  std::vector<const CommandDoc*> path;
  const OptionDoc* open_option = nullptr;  // its value comes next
  std::size_t operands = 0;                // typed so far, of the last command
  bool only_operands = false;              // behind "--"
};

const OptionDoc* FindOption(const Place& place, std::string_view name) {
  for (const CommandDoc* command : place.path) {
    for (const OptionDoc& option : command->options) {
      if (std::find(option.names.begin(), option.names.end(), name) != option.names.end()) {
        return &option;
      }
    }
  }
  return nullptr;
}

void Take(Place& place, const std::string& word) {
  if (place.open_option != nullptr) {
    place.open_option = nullptr;
  } else if (word == "--" && !place.only_operands) {
    place.only_operands = true;
  } else if (word.starts_with('-') && !place.only_operands) {
    const OptionDoc* option = FindOption(place, word);  // none for --name=value, which is whole
    if (option != nullptr && option->takes_value) place.open_option = option;
  } else {
    const auto& commands = place.path.back()->commands;
    const auto it = std::find_if(commands.begin(), commands.end(),
                                 [&](const CommandDoc& command) { return command.name == word; });
    if (it != commands.end()) {
      place.path.push_back(&*it);
      place.operands = 0;
    } else {
      ++place.operands;
    }
  }
}

void AddValues(const OptionDoc& option, Completions& to) {
  for (const std::string& choice : option.choices) to.candidates.push_back({choice, ""});
  to.files = to.files || option.takes_file;
}

void AddOptions(const Place& place, Completions& to) {
  for (const CommandDoc* command : place.path) {
    for (const OptionDoc& option : command->options) {
      to.candidates.push_back({option.names.back(), option.help});
    }
  }
}

void AddOperands(const Place& place, Completions& to) {
  const auto& operands = place.path.back()->operands;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (i == place.operands || (i < place.operands && operands[i].repeats)) {
      AddValues(operands[i], to);
    }
  }
}

}  // namespace

Completions Complete(const CommandDoc& root, const std::vector<std::string>& words) {
  Place place{.path = {&root}};
  const std::string begun = words.empty() ? "" : words.back();
  for (std::size_t i = 0; i + 1 < words.size(); ++i) Take(place, words[i]);

  Completions all;
  if (place.open_option != nullptr) {
    AddValues(*place.open_option, all);
  } else if (begun.starts_with('-') && !place.only_operands) {
    AddOptions(place, all);
  } else {
    for (const CommandDoc& command : place.path.back()->commands) {
      all.candidates.push_back({command.name, command.help});
    }
    AddOperands(place, all);
  }
  std::erase_if(all.candidates, [&](const auto& one) { return !one.word.starts_with(begun); });
  return all;
}

std::string ToText(const Completions& completions) {
  std::string text;
  for (const auto& [word, help] : completions.candidates) {
    text += help.empty() ? word + "\n" : word + "\t" + help + "\n";
  }
  if (completions.files) text += ":files\n";
  return text;
}

policy::Result<std::string> CompletionScript(std::string_view shell) {
  const auto it = std::find_if(scripts.begin(), scripts.end(),
                               [&](const auto& one) { return one.first == shell; });
  if (it != scripts.end()) return std::string(it->second);
  return policy::Fail(policy::ErrorCode::malformed_input,
                      "there is no completion for this shell; bash, fish and zsh have one");
}

}  // namespace cli

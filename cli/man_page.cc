#include "cli/man_page.h"

#include <string_view>

namespace cli {
namespace {

// What the tree doesn't say. Where it is said at length: docs/cli.md.
constexpr std::string_view environment_section = R"(.SH ENVIRONMENT
.TP
.BR SEKISHO_AGENT ", " SEKISHO_CA ", " SEKISHO_TOKEN_FILE ", " SEKISHO_CONFIG
As the options of these names; what is typed comes before the environment, and that before the file.
.TP
.BR LC_ALL ", " LC_MESSAGES ", " LANG
The language of headers and messages: Japanese for \fIja\fP, otherwise English.
.TP
.B NO_COLOR
No bold headers, whatever it is set to.
)";

constexpr std::string_view files_section = R"(.SH FILES
.TP
.I ~/.config/sekisho/config.yaml
Settings that are the same every day.
)";

constexpr std::string_view exit_section = R"(.SH EXIT STATUS
.TP
.B 0
Done.
.TP
.B 1
Failed: no answer, a limit, an outcome that is unknown, some refused, not confirmed.
.TP
.B 2
What was typed or configured can't be used.
.TP
.B 3
There is no such thing.
.TP
.B 4
Not allowed, or not signed in.
.TP
.B 5
It changed in between: look again.
.TP
.B 6
Something is not as it should be: the history, a device, a feed, an answer.
)";

// Text as man(7) prints it: no escapes, no requests, and "-" as it is typed.
std::string Escape(std::string_view text) {
  std::string out;
  if (text.starts_with('.') || text.starts_with('\'')) out = "\\&";
  for (const char c : text) {
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '~': out += "\\(ti"; break;
      case '\n': out += ' '; break;
      default: out += c;
    }
  }
  return out;
}

// Help, which begins small and ends without a full stop, as a sentence.
std::string Sentence(std::string_view help) {
  std::string text(help);
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return Escape(text) + (text.ends_with('.') ? "\n" : ".\n");
}

std::string Bold(std::string_view text) {
  return "\\fB" + Escape(text) + "\\fP";
}

std::string Italic(std::string_view text) {
  return "\\fI" + Escape(text) + "\\fP";
}

std::string ValueOf(const OptionDoc& option) {
  if (!option.takes_value) return "";
  if (option.choices.empty()) return " " + Italic(option.takes_file ? "FILE" : "VALUE");
  std::string all;
  for (const std::string& choice : option.choices) all += (all.empty() ? "" : "|") + Bold(choice);
  return " " + all;
}

std::string Entry(const OptionDoc& option) {
  std::string names;
  for (const std::string& name : option.names) names += (names.empty() ? "" : ", ") + Bold(name);
  return ".TP\n" + names + ValueOf(option) + "\n" + Sentence(option.help);
}

std::string Operand(const OptionDoc& operand) {
  std::string text = Italic(operand.names.back()) + (operand.repeats ? "..." : "");
  return operand.is_required ? text : "[" + text + "]";
}

// "sekisho queue show ID", with the options that have to be there.
std::string Synopsis(const std::string& path, const CommandDoc& command) {
  std::string text = Bold(path);
  for (const OptionDoc& operand : command.operands) text += " " + Operand(operand);
  bool has_more = false;
  for (const OptionDoc& option : command.options) {
    if (option.is_required) {
      text += " " + Bold(option.names.back()) + ValueOf(option);
    } else {
      has_more = has_more || option.names.back() != "--help";
    }
  }
  if (!command.commands.empty()) text += " " + Italic("COMMAND");
  return text + (has_more ? " [" + Italic("OPTION") + "...]" : "");
}

void AppendOptions(const CommandDoc& command, std::string& text) {
  for (const OptionDoc& operand : command.operands) {
    text += ".TP\n" + Italic(operand.names.back()) + "\n" + Sentence(operand.help);
  }
  for (const OptionDoc& option : command.options) {
    if (option.names.back() != "--help") text += Entry(option);
  }
}

// A command and those within it, each under its synopsis.
void AppendCommands(const std::string& path, const CommandDoc& command, std::string& text) {
  if (command.commands.empty()) {
    text += ".SS " + Synopsis(path, command) + "\n" + Sentence(command.help);
    AppendOptions(command, text);
  }
  for (const CommandDoc& one : command.commands) AppendCommands(path + " " + one.name, one, text);
}

std::string Head(const std::string& name, const std::string& help, const std::string& version) {
  std::string title;
  for (const char c : name) title += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return ".TH " + Escape(title) + " 1 \"\" \"Sekisho " + version + "\" \"Sekisho\"\n.SH NAME\n" +
         Escape(name) + " \\- " + Escape(help) + "\n";
}

ManPage PageOf(const CommandDoc& root, const CommandDoc& command, const std::string& version) {
  const std::string name = root.name + "-" + command.name;
  std::string text = Head(name, command.help, version);
  text += ".SH SYNOPSIS\n" + Synopsis(root.name + " " + command.name, command) + "\n";
  text += ".SH COMMANDS\n";
  AppendCommands(root.name + " " + command.name, command, text);
  text +=
      ".PP\nOptions for the connection and for the output, the environment and the exit status are "
      "in\n.BR " +
      root.name + " (1).\n";
  return {name, std::move(text)};
}

ManPage RootPage(const CommandDoc& root, const std::string& version) {
  std::string text = Head(root.name, "the command line of Sekisho", version);
  text += ".SH SYNOPSIS\n" + Synopsis(root.name, root) + "\n.SH DESCRIPTION\n" + Escape(root.help) +
          "\n.SH COMMANDS\n";
  for (const CommandDoc& command : root.commands) {
    text +=
        ".TP\n.BR " + root.name + "\\-" + Escape(command.name) + " (1)\n" + Sentence(command.help);
  }
  text += ".SH OPTIONS\n";
  AppendOptions(root, text);
  text.append(environment_section).append(files_section).append(exit_section);
  return {root.name, std::move(text)};
}

}  // namespace

std::vector<ManPage> ManPages(const CommandDoc& root, const std::string& version) {
  std::vector<ManPage> pages{RootPage(root, version)};
  for (const CommandDoc& command : root.commands) pages.push_back(PageOf(root, command, version));
  return pages;
}

}  // namespace cli

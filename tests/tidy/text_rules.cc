#include "tests/tidy/text_rules.h"

#include <array>
#include <cstddef>

namespace tidy {
namespace {

constexpr std::size_t lines_max = 600;

// Written in two parts, so that this file keeps to its own rules.
constexpr std::array<std::string_view, 3> unfinished{
    "TO"
    "DO",
    "FIX"
    "ME",
    "XX"
    "X:"};
constexpr std::array<std::string_view, 4> machine_paths{
    "/ho"
    "me/",
    "/ro"
    "ot/",
    "/wo"
    "rk/",
    "/tm"
    "p/w/"};

// A path of this machine starts where a word starts; within a URL the same letters are data.
bool HoldsMachinePath(std::string_view line) {
  for (const std::string_view path : machine_paths) {
    for (auto at = line.find(path); at != line.npos; at = line.find(path, at + 1)) {
      constexpr std::string_view word_starts = " \t\"'`(=";
      if (at == 0 || word_starts.find(line[at - 1]) != word_starts.npos) {
        return true;
      }
    }
  }
  return false;
}

bool HoldsUnfinished(std::string_view line) {
  for (const std::string_view marker : unfinished) {
    if (line.find(marker) != line.npos) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::vector<std::string> TextViolations(std::string_view path, std::string_view text) {
  std::vector<std::string> violations;
  const auto report = [&](std::size_t line, std::string_view what) {
    violations.push_back(std::string(path) + ":" + std::to_string(line) + ": " + std::string(what));
  };
  if (path.ends_with(".h") && text.find("#pragma once\n") == text.npos) {
    report(1, "a header starts with #pragma once");
  }
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    const auto end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (HoldsUnfinished(line)) {
      report(number, "finish it, or leave it out");
    }
    if (HoldsMachinePath(line)) {
      report(number, "a path of one machine only");
    }
  }
  if (number > lines_max) {
    report(number,
           "longer than " + std::to_string(lines_max) + " lines: find the second idea in it");
  }
  return violations;
}

}  // namespace tidy

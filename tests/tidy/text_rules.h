#pragma once

#include <string>
#include <string_view>
#include <vector>

// Rules of house style that a reader of a single file can check.
namespace tidy {

// What is wrong with the file at `path`, one line each: "path:line: ...": too long, a marker of
// unfinished work, a path of somebody's own machine, a header without `#pragma once`.
std::vector<std::string> TextViolations(std::string_view path, std::string_view text);

}  // namespace tidy

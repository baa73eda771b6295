#pragma once

#include <string>
#include <string_view>
#include <vector>

// The layers of the source tree, as docs/developing.md has them, and who may include whom.
namespace tidy {

// What is wrong with the `#include` lines of the file at `path` (from the root of the tree, with
// slashes), one line each: "path:line: ...". Empty for a file that keeps to the table, or belongs
// to no layer.
std::vector<std::string> LayerViolations(std::string_view path, std::string_view text);

}  // namespace tidy

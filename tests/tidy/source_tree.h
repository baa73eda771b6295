#pragma once

#include <functional>
#include <string_view>

namespace tidy {

// Calls `visit` with each file of ours that people write (C++, proto, shell, TypeScript, YAML,
// Markdown, CMake): its path from the root of the tree, and its text.
void ForEachSourceFile(
    const std::function<void(std::string_view path, std::string_view text)>& visit);

}  // namespace tidy

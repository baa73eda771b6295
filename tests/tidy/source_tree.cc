#include "tests/tidy/source_tree.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace tidy {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::string_view, 5> folders_skipped{"build", "node_modules", "dist",
                                                          "testdata", "corpus"};
constexpr std::array<std::string_view, 11> endings{".cc",  ".h",  ".proto", ".sh",  ".ts",   ".tsx",
                                                   ".css", ".md", ".yaml",  ".txt", ".cmake"};

template <class Array>
bool Holds(const Array& array, std::string_view value) {
  return std::find(array.begin(), array.end(), value) != array.end();
}

bool IsSource(const fs::path& path) {
  return path.filename() == "dev" || Holds(endings, path.extension().string());
}

bool IsSkipped(const fs::path& folder) {
  const std::string name = folder.filename().string();
  return Holds(folders_skipped, name) || (name.starts_with('.') && name != ".ci");
}

}  // namespace

void ForEachSourceFile(
    const std::function<void(std::string_view path, std::string_view text)>& visit) {
  const fs::path root = SEKISHO_SOURCE_DIR;
  for (auto at = fs::recursive_directory_iterator(root); at != fs::recursive_directory_iterator();
       ++at) {
    if (at->is_directory() && IsSkipped(at->path())) {
      at.disable_recursion_pending();
    } else if (at->is_regular_file() && IsSource(at->path())) {
      std::ifstream file(at->path(), std::ios::binary);
      const std::string text(std::istreambuf_iterator<char>(file), {});
      visit(fs::relative(at->path(), root).generic_string(), text);
    }
  }
}

}  // namespace tidy

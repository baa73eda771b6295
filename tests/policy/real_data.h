#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

// Where the real data lies that is too big, or not ours, to keep beside the code:
// $SEKISHO_REAL_DATA, else ../shared/data next to the repository. A test that finds none has to
// GTEST_SKIP.
inline std::filesystem::path RealDataPath(const std::string& name) {
  const char* const root = std::getenv("SEKISHO_REAL_DATA");
  const std::filesystem::path base =
      root != nullptr ? std::filesystem::path(root)
                      : std::filesystem::path(SEKISHO_SOURCE_DIR) / ".." / "shared" / "data";
  return base / name;
}

inline std::string ReadWholeFile(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Defines `name` as the bytes of a real data file, or skips the test where there is none.
#define SEKISHO_REAL_DATA_OR_SKIP(name, file)                                  \
  if (!std::filesystem::exists(RealDataPath(file))) {                          \
    GTEST_SKIP() << RealDataPath(file) << " is absent: set SEKISHO_REAL_DATA"; \
  }                                                                            \
  const std::string name = ReadWholeFile(RealDataPath(file))

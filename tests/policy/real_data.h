#pragma once

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

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

// What `command` prints.
inline std::string OutputOf(const std::string& command) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  std::string output;
  std::vector<char> buffer(1 << 16);
  while (pipe) {
    const std::size_t size = std::fread(buffer.data(), 1, buffer.size(), pipe.get());
    if (size == 0) break;
    output.append(buffer.data(), size);
  }
  return output;
}

inline std::string Decompressed(const std::filesystem::path& path) {
  return OutputOf("zstd -dc -- '" + path.string() + "'");
}

// The bytes of a real data file, decompressed if it is a ".zst".
inline std::string ReadRealData(const std::string& file) {
  return file.ends_with(".zst") ? Decompressed(RealDataPath(file))
                                : ReadWholeFile(RealDataPath(file));
}

// Defines `name` as the bytes of a real data file, decompressed if it is a ".zst", or skips the
// test where there is none.
#define SEKISHO_REAL_DATA_OR_SKIP(name, file)                                  \
  if (!std::filesystem::exists(RealDataPath(file))) {                          \
    GTEST_SKIP() << RealDataPath(file) << " is absent: set SEKISHO_REAL_DATA"; \
  }                                                                            \
  const std::string name = ReadRealData(file)

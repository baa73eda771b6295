#pragma once

#include <algorithm>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "policy/domain.h"
#include "policy/ip_prefix.h"
#include "policy/public_suffix.h"
#include "tests/policy/real_allowlists.h"

namespace policy {

inline std::vector<std::string_view> LinesOf(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

// The real indicators, sorted and without duplicates, so that the first n are always the same.
class RealIndicators {
 public:
  RealIndicators() : psl_(ReadWholeFile(RealDataPath("psl/public_suffix_list.dat"))) {
    suffixes_.emplace(*PublicSuffixList::Parse(psl_));
    ReadTrails();
    ReadIpsum();
    SortAndJoin(domains);
    SortAndJoin(addresses);
    // Feeds don't come in order; a fixed shuffle keeps caches as cold as they would be.
    std::mt19937 random(1);
    std::shuffle(domains.begin(), domains.end(), random);
    std::shuffle(addresses.begin(), addresses.end(), random);
  }

  static bool Exists() {
    return std::filesystem::exists(RealDataPath("psl/public_suffix_list.dat")) &&
           std::filesystem::exists(Trails());
  }

  const PublicSuffixList& suffixes() const { return *suffixes_; }

  std::vector<std::string> domains;
  std::vector<std::string> addresses;

 private:
  static std::filesystem::path Trails() {
    return RealDataPath("bench/maltrail_static_2026-08-23.tar.zst");
  }

  template <class T>
  static void SortAndJoin(std::vector<T>& values) {
    std::sort(values.begin(), values.end());
    values.erase(std::unique(values.begin(), values.end()), values.end());
  }

  void ReadTrails() {
    const std::string text =
        OutputOf("tar --zstd -xOf '" + Trails().string() + "' --wildcards '*.txt'");
    for (std::string_view line : LinesOf(text)) {
      line = line.substr(0, line.find_first_of("#\r "));
      if (line.empty() || line.find('/') != std::string_view::npos) continue;
      const std::string_view host = line.substr(0, line.find(':'));
      if (auto prefix = IpPrefix::Parse(host)) {
        addresses.push_back(prefix->AddressString());
      } else if (auto domain = Domain::Parse(host); domain && !ParentName(host).empty()) {
        domains.push_back(domain->name());
      }
    }
  }

  void ReadIpsum() {
    const std::string text = Decompressed(RealDataPath("generic/ipsum_2026-08-22.txt.zst"));
    for (const std::string_view line : LinesOf(text)) {
      if (auto prefix = IpPrefix::Parse(line.substr(0, line.find('\t')))) {
        addresses.push_back(prefix->AddressString());
      }
    }
  }

  std::string psl_;
  std::optional<PublicSuffixList> suffixes_;
};

}  // namespace policy

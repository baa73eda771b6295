#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace exporters {

// How many of each side a difference shows.
inline constexpr std::size_t kDifferenceMax = 20;

// The first entries that a device holds besides its list, each as "+" and what `name` makes of it,
// then those that it lacks, with "-". Both ranges ascending.
template <class Range, class Name>
std::vector<std::string> DifferenceOf(const Range& held, const Range& wanted, Name name) {
  std::vector<std::string> lines;
  const auto add = [&](char sign, const Range& from, const Range& without) {
    std::size_t count = 0;
    auto other = without.begin();
    for (auto entry = from.begin(); entry != from.end() && count < kDifferenceMax; ++entry) {
      other = std::lower_bound(other, without.end(), *entry);
      if (other != without.end() && *other == *entry) continue;
      lines.push_back(sign + name(*entry));
      ++count;
    }
  };
  add('+', held, wanted);
  add('-', wanted, held);
  return lines;
}

// The same of two texts' lines, in whatever order, each behind the name of their file.
inline std::vector<std::string> FileDifference(const std::string& file, std::string_view held,
                                               std::string_view wanted) {
  const auto lines_of = [](std::string_view text) {
    std::vector<std::string_view> lines;
    for (std::size_t end = 0; !text.empty(); text.remove_prefix(end)) {
      end = std::min(text.find('\n'), text.size() - 1) + 1;
      lines.push_back(text.substr(0, end));
    }
    std::sort(lines.begin(), lines.end());
    return lines;
  };
  return DifferenceOf(lines_of(held), lines_of(wanted), [&](std::string_view line) {
    return file + ": " + std::string(line.substr(0, line.find_last_not_of('\n') + 1));
  });
}

}  // namespace exporters

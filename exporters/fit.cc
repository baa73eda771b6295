#include "exporters/fit.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace exporters {
namespace {

using policy::ListSnapshot;

constexpr std::size_t sample_max = 10;

bool Fits(Size size, Size room) {
  return (room.entries == 0 || size.entries <= room.entries) &&
         (room.bytes == 0 || size.bytes <= room.bytes);
}

Size operator+(Size a, Size b) {
  return {a.entries + b.entries, a.bytes + b.bytes};
}

bool IsOneOf(const std::vector<std::string>& kinds, std::string_view line) {
  const std::string_view kind = line.substr(0, line.find(' '));
  return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}

}  // namespace

std::optional<Cut> FindCut(const ListSnapshot& list, Size room,
                           const std::function<Size(std::size_t line)>& size_of) {
  std::array<Size, policy::risk_max + 1> size_at{};  // by risk
  for (std::size_t i = 0; i < list.size(); ++i) {
    Size& size = size_at[list.terms(i).risk];
    size = size + size_of(i);
  }
  Size taken;
  int risk = policy::risk_max;
  while (risk >= 0 && Fits(taken + size_at[static_cast<std::size_t>(risk)], room)) {
    taken = taken + size_at[static_cast<std::size_t>(risk--)];
  }
  if (risk < 0) return std::nullopt;
  Cut cut{static_cast<std::uint8_t>(risk), std::nullopt};
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (list.terms(i).risk != cut.risk) continue;
    taken = taken + size_of(i);
    if (!Fits(taken, room)) break;
    cut.last = i;
  }
  return cut;
}

LeftOut LeftOutOf(const ListSnapshot& list, const Cut& cut, std::vector<std::string> kinds,
                  const std::function<bool(std::size_t line)>& takes_room) {
  LeftOut left_out;
  left_out.risk = cut.risk;
  if (cut.last) left_out.last = list.line(*cut.last);
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (cut.Keeps(list, i) || !takes_room(i)) continue;
    if (left_out.sample.size() < sample_max) left_out.sample.emplace_back(list.line(i));
    ++left_out.count;
  }
  left_out.kinds = std::move(kinds);
  return left_out;
}

Fitted Fit(std::shared_ptr<const ListSnapshot> list, const std::vector<std::string>& kinds,
           std::uint64_t entries_max) {
  if (entries_max == 0 || list->size() <= entries_max) return {std::move(list), std::nullopt};
  const auto takes_room = [&](std::size_t line) { return IsOneOf(kinds, list->line(line)); };
  const auto cut = FindCut(*list, {.entries = entries_max}, [&](std::size_t line) {
    return takes_room(line) ? Size{.entries = 1} : Size{};
  });
  if (!cut) return {std::move(list), std::nullopt};
  return {
      list->Select([&](std::size_t line) { return cut->Keeps(*list, line) || !takes_room(line); }),
      LeftOutOf(*list, *cut, kinds, takes_room)};
}

std::string LeftOutText(const ListSnapshot& list, const Fitted& fitted) {
  std::string text;
  std::size_t next = 0;  // of the fitted list, which is part of the list
  for (std::size_t i = 0; i < list.size(); ++i) {
    if (next < fitted.list->size() && fitted.list->line(next) == list.line(i)) {
      ++next;
    } else {
      text.append(list.line(i)).push_back('\n');
    }
  }
  return text;
}

}  // namespace exporters

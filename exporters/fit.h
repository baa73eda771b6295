#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "policy/release.h"

namespace exporters {

// What a device has room for, and what it gets of a longer list. All functions are pure.
//
// Lines rank by risk, the highest first, and lines of one risk in the list's order; the device gets
// those that rank first, up to the first that does not fit. So the same list always leaves out the
// same, and what was left out comes in as soon as something before it goes.

// Of one line on its device; or the most that a device takes, where 0 is for no bound.
struct Size {
  std::uint64_t entries = 0;
  std::uint64_t bytes = 0;
};

// The last line that fits.
struct Cut {
  std::uint8_t risk;
  std::optional<std::size_t> last;  // its index; none if no line of that risk fits

  bool Keeps(const policy::ListSnapshot& list, std::size_t line) const {
    const std::uint8_t its_risk = list.terms(line).risk;
    return its_risk != risk ? its_risk > risk : last && line <= *last;
  }
};

// None if all fits. `size_of` a line that takes no room there is Size{}.
std::optional<Cut> FindCut(const policy::ListSnapshot& list, Size room,
                           const std::function<Size(std::size_t line)>& size_of);

// What was left out: of these kinds, all lines that rank after `last`.
struct LeftOut {
  std::string place;  // where it does not fit; empty for the device
  std::vector<std::string> kinds;
  std::uint64_t count = 0;
  std::uint8_t risk = 0;            // of the last line that fits
  std::string last;                 // that line; empty if none of this risk fits
  std::vector<std::string> sample;  // the first few in the list's order
  std::string all;                  // where all of them are, for people
};

// `takes_room`: what the cut was found among.
LeftOut LeftOutOf(const policy::ListSnapshot& list, const Cut& cut, std::vector<std::string> kinds,
                  const std::function<bool(std::size_t line)>& takes_room);

struct Fitted {
  std::shared_ptr<const policy::ListSnapshot> list;  // never null
  std::optional<LeftOut> left_out;
};

// At most `entries_max` lines of these kinds; 0 for no bound. Lines of other kinds, which the
// device takes no room for, stay.
Fitted Fit(std::shared_ptr<const policy::ListSnapshot> list, const std::vector<std::string>& kinds,
           std::uint64_t entries_max);

// The lines that were left out of it, each ended by a newline.
std::string LeftOutText(const policy::ListSnapshot& list, const Fitted& fitted);

}  // namespace exporters

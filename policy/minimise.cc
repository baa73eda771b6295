#include "policy/minimise.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <limits>
#include <utility>

namespace policy {
namespace {

// --- addresses ---

// From first to last, both included.
template <class Address>
struct Interval {
  Address first;
  Address last;
};

template <class Address>
using Intervals = std::vector<Interval<Address>>;

template <class Address>
constexpr Address address_max = static_cast<Address>(~Address{0});

template <class Address>
constexpr int address_bits = sizeof(Address) * 8;

template <class Address>
constexpr IpFamily family_of = sizeof(Address) == 4 ? IpFamily::v4 : IpFamily::v6;

struct Families {
  Intervals<std::uint32_t> v4;
  Intervals<Uint128> v6;
};

Families IntervalsOf(std::span<const IpPrefix> prefixes) {
  Families families;
  families.v4.reserve(prefixes.size());  // nearly all are, in real lists
  for (const IpPrefix& prefix : prefixes) {
    if (prefix.family() == IpFamily::v6) {
      families.v6.push_back({prefix.first(), prefix.last()});
    } else {
      families.v4.push_back(
          {static_cast<std::uint32_t>(prefix.first()), static_cast<std::uint32_t>(prefix.last())});
    }
  }
  return families;
}

void SortByFirst(Intervals<Uint128>& intervals) {
  std::sort(intervals.begin(), intervals.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
}

// One pass of a radix sort on the eight bits from `shift` on: 256 places, so that the pages being
// written to stay within the TLB.
void SortDigit(const Intervals<std::uint32_t>& from, Intervals<std::uint32_t>& to, int shift) {
  constexpr std::uint32_t mask = 0xff;
  std::array<std::uint32_t, mask + 2> place{};
  for (const auto& interval : from) ++place[(interval.first >> shift & mask) + 1];
  for (std::size_t i = 1; i < place.size(); ++i) place[i] += place[i - 1];
  for (const auto& interval : from) to[place[interval.first >> shift & mask]++] = interval;
}

void SortByFirst(Intervals<std::uint32_t>& intervals) {
  const auto by_first = [](const auto& a, const auto& b) { return a.first < b.first; };
  if (std::is_sorted(intervals.begin(), intervals.end(), by_first)) return;
  // Four passes over all are not worth it for a few.
  constexpr std::size_t radix_size_min = 4096;
  constexpr std::size_t radix_size_max = std::numeric_limits<std::uint32_t>::max();
  if (intervals.size() < radix_size_min || intervals.size() > radix_size_max) {
    std::sort(intervals.begin(), intervals.end(), by_first);
    return;
  }
  Intervals<std::uint32_t> other(intervals.size());
  SortDigit(intervals, other, 0);
  SortDigit(other, intervals, 8);
  SortDigit(intervals, other, 16);
  SortDigit(other, intervals, 24);
}

// Sorts, and joins what overlaps or touches: the same addresses in the fewest intervals.
template <class Address>
void Join(Intervals<Address>& intervals) {
  if (intervals.empty()) return;
  SortByFirst(intervals);
  std::size_t kept = 0;
  for (std::size_t i = 1; i < intervals.size(); ++i) {
    Interval<Address>& last_kept = intervals[kept];
    const bool touches =
        last_kept.last == address_max<Address> || intervals[i].first <= last_kept.last + 1;
    if (touches) {
      last_kept.last = std::max(last_kept.last, intervals[i].last);
    } else {
      intervals[++kept] = intervals[i];
    }
  }
  intervals.resize(kept + 1);
}

// What is left of `blocked` without `allowed`; both joined.
template <class Address>
Intervals<Address> Subtract(const Intervals<Address>& blocked, const Intervals<Address>& allowed) {
  Intervals<Address> left;
  left.reserve(blocked.size());
  auto cut = allowed.begin();
  for (Interval<Address> rest : blocked) {
    while (cut != allowed.end() && cut->last < rest.first) ++cut;
    bool any_left = true;
    for (auto c = cut; c != allowed.end() && c->first <= rest.last; ++c) {
      if (c->first > rest.first) left.push_back({rest.first, static_cast<Address>(c->first - 1)});
      any_left = c->last < rest.last;
      if (!any_left) break;
      rest.first = c->last + 1;
      cut = c;
    }
    if (any_left) left.push_back(rest);
  }
  return left;
}

int TrailingZeros(std::uint32_t address) {
  return std::countr_zero(address);
}

int TrailingZeros(Uint128 address) {
  const auto low = static_cast<std::uint64_t>(address);
  return low != 0 ? std::countr_zero(low)
                  : 64 + std::countr_zero(static_cast<std::uint64_t>(address >> 64));
}

int Log2(std::uint32_t size) {
  return 31 - std::countl_zero(size);
}

int Log2(Uint128 size) {
  const auto high = static_cast<std::uint64_t>(size >> 64);
  return high != 0 ? 127 - std::countl_zero(high)
                   : 63 - std::countl_zero(static_cast<std::uint64_t>(size));
}

// The fewest prefixes of one interval: from its start, each time the widest that is aligned there
// and fits.
template <class Address>
void AppendPrefixes(Interval<Address> interval, std::vector<IpPrefix>& prefixes) {
  constexpr int bits = address_bits<Address>;
  for (;;) {
    const Address size_less_one = static_cast<Address>(interval.last - interval.first);
    const int fits = size_less_one == address_max<Address>
                         ? bits
                         : Log2(static_cast<Address>(size_less_one + 1));
    const int host_bits = std::min(fits, TrailingZeros(interval.first));
    const auto prefix = IpPrefix::From(family_of<Address>, interval.first, bits - host_bits);
    // IPv4-mapped addresses come back as IPv4, of which this family must not speak; no packet
    // bears one (RFC 4291, 2.5.5.2).
    if (prefix && prefix->family() == family_of<Address>) prefixes.push_back(*prefix);
    if (host_bits == bits) return;
    const Address step = Address{1} << host_bits;
    if (size_less_one < step) return;
    interval.first = static_cast<Address>(interval.first + step);
  }
}

template <class Address>
void AppendPrefixes(const Intervals<Address>& intervals, std::vector<IpPrefix>& prefixes) {
  for (const Interval<Address>& interval : intervals) AppendPrefixes(interval, prefixes);
}

// --- names ---

// A name by its reversed labels, "example.com" as "com\0example": the byte between labels sorts
// before all others, so that byte order is label order and a parent stands before its children.
struct ReversedName {
  Uint128 head;  // the first 16 bytes, which decide nearly every comparison
  std::size_t key_at;
  std::size_t index;
};

void AppendReversed(std::string_view name, std::vector<char>& keys) {
  for (std::size_t end = name.size();;) {
    const std::size_t dot = end == 0 ? std::string_view::npos : name.rfind('.', end - 1);
    const std::size_t begin = dot == std::string_view::npos ? 0 : dot + 1;
    keys.insert(keys.end(), name.begin() + static_cast<std::ptrdiff_t>(begin),
                name.begin() + static_cast<std::ptrdiff_t>(end));
    if (dot == std::string_view::npos) return;
    keys.push_back('\0');
    end = dot;
  }
}

Uint128 HeadOf(std::string_view key) {
  std::array<std::uint8_t, 16> head{};
  std::memcpy(head.data(), key.data(), std::min(key.size(), head.size()));
  Uint128 value = 0;
  for (const std::uint8_t byte : head) value = value << 8 | byte;
  return value;
}

}  // namespace

std::vector<IpPrefix> MergePrefixes(std::span<const IpPrefix> prefixes) {
  Families families = IntervalsOf(prefixes);
  Join(families.v4);
  Join(families.v6);
  std::vector<IpPrefix> merged;
  merged.reserve(prefixes.size());
  AppendPrefixes(families.v4, merged);
  AppendPrefixes(families.v6, merged);
  return merged;
}

std::vector<IpPrefix> ExcludePrefixes(std::span<const IpPrefix> blocked,
                                      std::span<const IpPrefix> allowed) {
  Families in = IntervalsOf(blocked);
  Families out = IntervalsOf(allowed);
  Join(in.v4);
  Join(in.v6);
  Join(out.v4);
  Join(out.v6);
  std::vector<IpPrefix> left;
  left.reserve(blocked.size());
  AppendPrefixes(Subtract(in.v4, out.v4), left);
  AppendPrefixes(Subtract(in.v6, out.v6), left);
  return left;
}

std::vector<std::string_view> MinimiseDomains(std::span<const std::string_view> names) {
  std::size_t bytes = 0;
  for (const std::string_view name : names) bytes += name.size();
  std::vector<char> keys;
  keys.reserve(bytes);
  std::vector<ReversedName> reversed;
  reversed.reserve(names.size());
  for (std::size_t i = 0; i < names.size(); ++i) {
    const std::size_t at = keys.size();
    AppendReversed(names[i], keys);
    reversed.push_back({HeadOf({keys.data() + at, names[i].size()}), at, i});
  }
  const auto key_of = [&](const ReversedName& name) {
    return std::string_view(keys.data() + name.key_at, names[name.index].size());
  };
  std::sort(reversed.begin(), reversed.end(), [&](const ReversedName& a, const ReversedName& b) {
    return a.head != b.head ? a.head < b.head : key_of(a) < key_of(b);
  });

  std::vector<std::string_view> least;
  std::string_view parent;
  for (const ReversedName& name : reversed) {
    const std::string_view key = key_of(name);
    const bool covered = !least.empty() && key.starts_with(parent) &&
                         (key.size() == parent.size() || key[parent.size()] == '\0');
    if (covered) continue;
    parent = key;
    least.push_back(names[name.index]);
  }
  return least;
}

}  // namespace policy

#include "platform/accept_encoding.h"

#include <algorithm>
#include <vector>

#include "policy/ascii.h"

namespace platform {
namespace {

std::string_view Trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Takes what stands before the next `separator` off the front.
std::string_view TakePart(std::string_view& text, char separator) {
  const std::size_t end = text.find(separator);
  const std::string_view part = Trim(text.substr(0, end));
  text.remove_prefix(end == text.npos ? text.size() : end + 1);
  return part;
}

// "0.5" in thousandths; what breaks the grammar counts as 0, that is, not acceptable.
int WeightOf(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return 0;
  if (text.size() > 1 && text[1] != '.') return 0;
  int weight = (text[0] - '0') * 1000;
  int scale = 100;
  for (const char c : text.substr(std::min<std::size_t>(text.size(), 2))) {
    if (!policy::IsDigit(c)) return 0;
    weight += (c - '0') * scale;
    scale /= 10;
  }
  return std::min(weight, 1000);
}

struct Wish {
  std::string_view coding;
  int weight;
};

std::vector<Wish> WishesOf(std::string_view accept_encoding) {
  std::vector<Wish> wishes;
  while (!accept_encoding.empty()) {
    std::string_view item = TakePart(accept_encoding, ',');
    std::string_view coding = TakePart(item, ';');
    const std::string_view parameter = Trim(item);
    // RFC 9110, section 8.4.1.3.
    if (policy::EqualsIgnoringCase(coding, "x-gzip")) coding = "gzip";
    const bool weighed = policy::EqualsIgnoringCase(parameter.substr(0, 2), "q=");
    wishes.push_back({coding, weighed ? WeightOf(parameter.substr(2)) : 1000});
  }
  return wishes;
}

// Of the last that names it, or else of "*"; 0 if neither is there.
int WeightIn(const std::vector<Wish>& wishes, std::string_view coding) {
  int weight = 0;
  for (const Wish& wish : wishes) {
    if (wish.coding == "*") weight = wish.weight;
  }
  for (const Wish& wish : wishes) {
    if (policy::EqualsIgnoringCase(wish.coding, coding)) weight = wish.weight;
  }
  return weight;
}

}  // namespace

std::string_view ChooseCoding(std::string_view accept_encoding,
                              std::span<const std::string_view> offered) {
  if (accept_encoding.empty()) return {};
  const std::vector<Wish> wishes = WishesOf(accept_encoding);
  std::string_view best;
  int best_weight = 0;
  for (const Wish& wish : wishes) {
    if (policy::EqualsIgnoringCase(wish.coding, "identity")) best_weight = wish.weight - 1;
  }
  for (const std::string_view coding : offered) {
    const int weight = WeightIn(wishes, coding);
    if (weight > std::max(best_weight, 0)) {
      best = coding;
      best_weight = weight;
    }
  }
  return best;
}

}  // namespace platform

#include "config/rules_text.h"

#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "policy/observation.h"
#include "policy/time.h"

namespace config {
namespace {

// Double-quoted, so that no text is taken for anything else.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char each : text) {
    const auto byte = static_cast<unsigned char>(each);
    if (each == '"' || each == '\\') {
      quoted += '\\';
      quoted += each;
    } else if (byte < 0x20) {
      constexpr std::string_view digits = "0123456789abcdef";
      quoted += {'\\', 'x', digits[byte >> 4], digits[byte & 15]};
    } else {
      quoted += each;
    }
  }
  return quoted + '"';
}

std::string NumberText(double number) {
  std::array<char, 32> buffer{};
  const auto [end, error] = std::to_chars(buffer.data(), buffer.data() + buffer.size(), number);
  return {buffer.data(), end};
}

// "{domain: 3d, url: 1d}": what is set, of one line.
class Flow {
 public:
  void Add(std::string_view key, std::string_view value) {
    text_.append(text_.empty() ? "{" : ", ").append(key).append(": ").append(value);
  }
  void Add(std::string_view key, const std::optional<std::chrono::seconds>& age) {
    if (age) Add(key, policy::FormatDuration(*age));
  }
  void Add(const policy::AgeOverride& ages) {
    Add("domain", ages.domain);
    Add("ip", ages.ip);
    Add("url", ages.url);
  }
  // A line for `key`; none if nothing was added.
  std::string Line(std::string_view key) const {
    return text_.empty() ? "" : "    " + std::string(key) + ": " + text_ + "}\n";
  }

 private:
  std::string text_;
};

std::string AgesText(const policy::AgeRules& ages) {
  std::string text = "  ages:\n";
  text += "    domain: " + policy::FormatDuration(ages.domain) + "\n";
  text += "    ip: " + policy::FormatDuration(ages.ip) + "\n";
  text += "    url: " + policy::FormatDuration(ages.url) + "\n";
  for (std::size_t i = 0; i < policy::threat_types; ++i) {
    Flow flow;
    flow.Add(ages.by_threat[i]);
    text += flow.Line(policy::Name(static_cast<policy::ThreatType>(i)));
  }
  Flow offline;
  offline.Add("percent", std::to_string(ages.offline_percent));
  offline.Add(ages.offline);
  text += offline.Line("offline");
  if (!ages.decay) return text;
  Flow decay;
  decay.Add("speed", NumberText(ages.decay->speed));
  decay.Add("threshold", std::to_string(ages.decay->threshold));
  return text + decay.Line("decay");
}

std::string BreadthText(const policy::BreadthLimits& limits) {
  std::string text = "  breadth:\n";
  for (const auto& [key, value] :
       {std::pair("ipv4_length_min", limits.ipv4_length_min),
        std::pair("ipv6_length_min", limits.ipv6_length_min),
        std::pair("ipv4_length_two_approvers", limits.ipv4_length_two_approvers),
        std::pair("ipv6_length_two_approvers", limits.ipv6_length_two_approvers)}) {
    text.append("    ").append(key).append(": ").append(std::to_string(value)).append("\n");
  }
  return text;
}

std::string FeedText(const policy::FeedProfile& feed) {
  return "  - name: " + Quoted(feed.name) + "\n    source: " + Quoted(feed.source) +
         "\n    reliability: " + std::to_string(feed.reliability.percent()) +
         "\n    default_confidence: " + std::to_string(feed.default_confidence.percent()) + "\n";
}

}  // namespace

std::string RulesText(const Rules& rules) {
  const policy::Policy& policy = rules.policy;
  std::string text = "policy:\n  version: " + Quoted(policy.version) + "\n";
  text += "  confidence_min: " + std::to_string(policy.confidence_min.percent()) + "\n";
  text +=
      "  false_positive_penalty: " + std::to_string(policy.false_positive_penalty_percent) + "\n";
  text += "  lifetime_default: " + policy::FormatDuration(policy.lifetime_default) + "\n";
  text += "  lifetime_max: " + policy::FormatDuration(policy.lifetime_max) + "\n";
  text += std::string("  propose_hosts_of_urls: ") +
          (policy.propose_hosts_of_urls ? "true" : "false") + "\n";
  text += AgesText(policy.ages) + BreadthText(policy.breadth);
  if (!rules.feeds.empty()) text += "feeds:\n";
  for (const policy::FeedProfile& feed : rules.feeds) text += FeedText(feed);
  return text;
}

}  // namespace config

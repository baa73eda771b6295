#include "agent/feeds/stix_indicators.h"

#include <optional>
#include <utility>

#include "policy/quote.h"
#include "policy/refang.h"

namespace agent::feeds {
namespace {

using policy::Indicator;
using policy::IndicatorKind;
using policy::Result;

enum class Names : std::uint8_t { address, domain, url, destination, nothing };

Names NamedBy(const std::string& path) {
  if (path == "ipv4-addr:value" || path == "ipv6-addr:value") return Names::address;
  if (path == "domain-name:value") return Names::domain;
  if (path == "url:value") return Names::url;
  if (path == "network-traffic:dst_ref.value") return Names::destination;
  return Names::nothing;
}

// What a comparison is about that names no network indicator.
std::string_view ReasonOf(const std::string& path) {
  if (path.starts_with("file:hashes")) return "file hashes";
  if (path.starts_with("network-traffic:src_ref.")) return "source addresses";
  if (path.starts_with("network-traffic:")) return "traffic without its destination";
  return "other observables";
}

// "network-traffic:dst_ref.type = 'ipv4-addr'" says what the value beside it is; none if `test` is
// no such statement.
std::optional<Names> TypeStatement(const StixTest& test) {
  const StixComparison& comparison = test.comparison;
  if (test.kind != StixTest::Kind::comparison || comparison.op != StixOperator::equal ||
      comparison.negated || comparison.path.ToString() != "network-traffic:dst_ref.type") {
    return std::nullopt;
  }
  const std::string& type = comparison.values.at(0).text;
  if (type == "ipv4-addr" || type == "ipv6-addr") return Names::address;
  if (type == "domain-name") return Names::domain;
  return std::nullopt;
}

bool IsPortOrProtocol(const StixTest& test) {
  if (test.kind != StixTest::Kind::comparison || test.comparison.negated) return false;
  const std::string path = test.comparison.path.ToString();
  return path == "network-traffic:dst_port" || path.starts_with("network-traffic:protocols[");
}

class Finder {
 public:
  explicit Finder(StixPorts ports) : ports_(ports) {}

  StixFindings Take() && { return std::move(findings_); }

  // Recursion is as deep as the pattern's parentheses, which its parser limits.
  void Visit(const StixObservation& observation) {
    if (!observation.qualifiers.empty()) return Remain("repeated or limited in time");
    switch (observation.kind) {
      case StixObservation::Kind::test: return Visit(observation.test, Names::destination);
      case StixObservation::Kind::any_of:
        for (const StixObservation& part : observation.parts) Visit(part);
        return;
      case StixObservation::Kind::all_of:
      case StixObservation::Kind::followed_by: return Remain("several observations together");
    }
  }

 private:
  void Remain(std::string_view reason, std::string detail = {}) {
    findings_.remainders.push_back({reason, std::move(detail)});
  }

  // `destination` is what dst_ref.value is known to be.
  void Visit(const StixTest& test, Names destination) {
    switch (test.kind) {
      case StixTest::Kind::comparison: return Visit(test.comparison, destination);
      case StixTest::Kind::any_of:
        for (const StixTest& part : test.parts) Visit(part, destination);
        return;
      case StixTest::Kind::all_of: return VisitAll(test.parts, destination);
    }
  }

  void VisitAll(const std::vector<StixTest>& parts, Names destination) {
    const StixTest* rest = nullptr;
    bool has_port = false;
    for (const StixTest& part : parts) {
      if (const auto type = TypeStatement(part)) {
        destination = *type;
      } else if (IsPortOrProtocol(part)) {
        has_port = true;
      } else if (rest == nullptr) {
        rest = &part;
      } else {
        return Remain("several observables together");
      }
    }
    if (rest == nullptr) return Remain("traffic without its destination");
    if (has_port && ports_ == StixPorts::refuse) return Remain("only on a port or protocol");
    Visit(*rest, destination);
  }

  void Visit(const StixComparison& comparison, Names destination) {
    const std::string path = comparison.path.ToString();
    Names names = NamedBy(path);
    if (names == Names::nothing) return Remain(ReasonOf(path));
    if (names == Names::destination) names = destination;
    if (comparison.negated || comparison.op == StixOperator::not_equal) return Remain("negation");
    switch (comparison.op) {
      case StixOperator::equal:
      case StixOperator::in:
        for (const StixLiteral& value : comparison.values) Take(path, value, names, false);
        return;
      case StixOperator::is_subset: return Take(path, comparison.values.at(0), names, true);
      case StixOperator::like:
      case StixOperator::matches: return Remain("LIKE or MATCHES");
      default: return Remain("other comparisons");
    }
  }

  void Take(const std::string& path, const StixLiteral& value, Names names, bool is_network) {
    auto indicator = Read(path, value, names, is_network);
    if (!indicator) return Remain("value", std::move(indicator.error().detail));
    findings_.indicators.push_back(*std::move(indicator));
  }

  static Result<Indicator> Read(const std::string& path, const StixLiteral& value, Names names,
                                bool is_network) {
    const auto fail = [&](std::string_view why) {
      return policy::Fail(policy::ErrorCode::malformed_input,
                          policy::Quote(value.text) + " of " + path + " is " + std::string(why));
    };
    if (value.kind != StixLiteral::Kind::string) return fail("no text");
    const std::string text = policy::Refang(value.text);
    // Whoever writes ISSUBSET means the network, even if it has host bits.
    const auto prefix = policy::IpPrefix::Parse(
        text, is_network ? policy::HostBits::clear : policy::HostBits::refuse);
    if (names == Names::destination) names = prefix ? Names::address : Names::domain;
    if (names == Names::address) {
      if (!prefix) return tl::unexpected(prefix.error());
      const bool is_v4 = prefix->family() == policy::IpFamily::v4;
      if (path == "ipv4-addr:value" && !is_v4) return fail("no IPv4 address");
      // A mapped IPv4 address is one of either family.
      if (path == "ipv6-addr:value" && is_v4 && text.find(':') == std::string::npos) {
        return fail("no IPv6 address");
      }
      return Indicator(*prefix);
    }
    if (is_network) return fail("no network");
    return policy::ParseIndicator(names == Names::url ? IndicatorKind::url : IndicatorKind::domain,
                                  text);
  }

  StixPorts ports_;
  StixFindings findings_;
};

}  // namespace

StixFindings FindNetworkIndicators(const StixObservation& pattern, StixPorts ports) {
  Finder finder(ports);
  finder.Visit(pattern);
  return std::move(finder).Take();
}

}  // namespace agent::feeds

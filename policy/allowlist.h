#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "policy/domain.h"
#include "policy/ip_prefix.h"
#include "policy/public_suffix.h"
#include "policy/result.h"
#include "policy/time.h"
#include "policy/url.h"

namespace policy {

enum class AllowCategory : std::uint8_t {
  hosting,
  cdn,
  proxy,
  legitimate_service,
  own_infrastructure,
  special_purpose,
  popular,
  public_suffix,
};
std::string_view Name(AllowCategory category);  // "own-infrastructure"
Result<AllowCategory> ParseAllowCategory(std::string_view name);

// What an entry forbids, weakest first; of several hits the strongest counts.
enum class AllowEffect : std::uint8_t {
  review,    // may be blocked, with two approvers who see this hit
  url_only,  // a URL on it may be blocked, the host or address never
  never,     // nothing on it may be blocked
};
std::string_view Name(AllowEffect effect);  // "url-only"
Result<AllowEffect> ParseAllowEffect(std::string_view name);

// Who answers for an entry. Untrusted text, one line each.
struct AllowNote {
  std::string owner;
  std::string reason;
  std::optional<TimePoint> expires;  // from then on the entry protects nothing
  friend bool operator==(const AllowNote&, const AllowNote&) = default;
};

struct AllowEntry {
  std::variant<Domain, IpPrefix> what;
  bool subtree = true;  // for a Domain: whether it speaks for the names below it too
  std::shared_ptr<const AllowNote> note = nullptr;  // null where the list has none
};
bool IsExpired(const AllowEntry& entry, TimePoint now);

// One line that says all of an entry: "example.com (with its subtree; web team: our shop, until
// 2027-01-01T00:00:00Z)", "192.0.2.0/24".
std::string TextOf(const AllowEntry& entry);

// One list: who says so, and what it means.
struct AllowSource {
  std::string name;
  AllowCategory category;
  AllowEffect effect;
};

// A target touches an allowlist in two directions: an entry covers it, or it covers an entry.
enum class AllowRelation : std::uint8_t { equal, inside_entry, contains_entry };

struct AllowHit {
  const AllowSource* source;  // lives as long as the Allowlist
  std::string entry;          // canonical text of the entry that was hit
  AllowRelation relation;
  std::shared_ptr<const AllowNote> note = nullptr;  // the entry's, null for none
};

// Whether a name's entry covers the names below it too: see Allowlist.
bool SpeaksForSubtree(const AllowEntry& entry, AllowCategory category,
                      const PublicSuffixList& suffixes);

// Everything that must not be blocked, from all lists, compiled once and asked often.
//
// An entry that is a public suffix covers itself, never its children: real top lists hold
// "duckdns.org" and "in.net", and taken as subtrees they would excuse every attacker below them.
// The same holds for every entry of a source of category public_suffix. Only the categories
// own_infrastructure and special_purpose keep the subtree they ask for: what an operator or a
// standard reserves ("corp", "localhost") is meant with all that is below it.
// Immutable, hence safe from any thread.
class Allowlist {
 public:
  class Builder {
   public:
    explicit Builder(const PublicSuffixList& suffixes);
    ~Builder();
    // Of equal entries of one source the note of the first counts.
    void Add(const AllowSource& source, std::span<const AllowEntry> entries);
    Allowlist Build() &&;

   private:
    friend class Allowlist;
    struct Impl;
    std::unique_ptr<Impl> impl_;
  };

  Allowlist(Allowlist&&) noexcept;
  Allowlist& operator=(Allowlist&&) noexcept;
  ~Allowlist();

  // All hits, strongest effect first. At most one hit for each source and relation.
  std::vector<AllowHit> Find(const Domain& domain) const;
  std::vector<AllowHit> Find(const IpPrefix& prefix) const;
  std::vector<AllowHit> Find(const Url::Host& host) const;

  // The same question without the reasons, an order of magnitude cheaper.
  bool Touches(const Domain& domain) const;
  bool Touches(const IpPrefix& prefix) const;

  // The entries inside `prefix` whose effect is `at_least` or stronger, ascending.
  std::vector<IpPrefix> AllowedInside(const IpPrefix& prefix, AllowEffect at_least) const;

  std::size_t size() const;  // entries, over all sources

 private:
  struct Impl;
  explicit Allowlist(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// The addresses that no device must ever block whatever a feed says: "this network", private,
// loopback, link-local, multicast, reserved (IANA special-purpose registries, RFC 6890), and the
// names of RFC 6761 ("localhost", "invalid"). The documentation ranges and names are left out
// when `with_documentation` is false, so that samples and tests can use them.
std::vector<AllowEntry> SpecialPurposeEntries(bool with_documentation);

}  // namespace policy

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "policy/domain.h"
#include "policy/result.h"

namespace policy {

// The Public Suffix List (https://publicsuffix.org/list/), ICANN and private sections alike: both
// name places under which strangers register. Immutable, hence safe from any thread.
class PublicSuffixList {
 public:
  // Takes the text of a public_suffix_list.dat.
  static Result<PublicSuffixList> Parse(std::string_view text);

  PublicSuffixList(PublicSuffixList&&) noexcept;
  PublicSuffixList& operator=(PublicSuffixList&&) noexcept;
  ~PublicSuffixList();

  // An unlisted top-level label counts as a public suffix (the list's own "*" rule), and so does
  // what a wildcard rule stands on ("kobe.jp" of "*.kobe.jp"): strangers register below it.
  bool IsPublicSuffix(std::string_view canonical_name) const;

  // The name that a registrant owns ("b.co.jp" of "a.b.co.jp"); empty for a public suffix.
  std::string_view RegistrableDomain(std::string_view canonical_name) const;

 private:
  struct Impl;
  explicit PublicSuffixList(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// Whether a rule of libpsl's own copy of the list holds for a canonical name, the list's "*" aside:
// a guess by which names are told from file names and the like, never a ground to allow or to
// block. False for all if libpsl has no copy.
bool HasListedSuffix(std::string_view canonical_name);

}  // namespace policy

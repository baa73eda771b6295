#include "policy/public_suffix.h"

#include <libpsl.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include <absl/container/flat_hash_set.h>
#include "policy/quote.h"

namespace policy {
namespace {

struct PslFree {
  void operator()(psl_ctx_t* psl) const { psl_free(psl); }
};
struct FileClose {
  void operator()(std::FILE* file) const { static_cast<void>(std::fclose(file)); }
};
using Psl = std::unique_ptr<psl_ctx_t, PslFree>;

Psl Load(std::string_view text) {
  std::string copy(text);  // fmemopen takes writable memory, even to read
  const std::unique_ptr<std::FILE, FileClose> file(fmemopen(copy.data(), copy.size(), "r"));
  return Psl(file ? psl_load_fp(file.get()) : nullptr);
}

// A rule is a line up to its first white space (https://publicsuffix.org/list/, "Specification").
std::string_view RuleOf(std::string_view line) {
  const std::string_view rule = line.substr(0, line.find_first_of(" \t\r"));
  return rule.starts_with("//") ? std::string_view() : rule;
}

// Debian's build of Abseil has its own string_view, which std's does not convert to.
absl::string_view Key(std::string_view text) {
  return {text.data(), text.size()};
}

// A name with the NUL that C wants. No canonical name is longer than 253 octets; what else is gets
// no answer.
class CName {
 public:
  explicit CName(std::string_view name) {
    if (name.size() < text_.size()) std::copy(name.begin(), name.end(), text_.begin());
  }
  const char* text() const { return text_.data(); }

 private:
  std::array<char, 256> text_{};
};

using Names = absl::flat_hash_set<std::string>;

}  // namespace

// libpsl takes about 1 us a look-up, and nearly every name asked about is no suffix at all. `names`
// and `wildcards` hold all names that a rule could make one, so that most questions end there.
struct PublicSuffixList::Impl {
  Psl psl;
  Names names;      // of rules like "co.jp"
  Names wildcards;  // "ck" of the rule "*.ck"

  bool MayBePublicSuffix(std::string_view name) const {
    const std::string_view parent = ParentName(name);
    return parent.empty() || names.contains(Key(name)) || wildcards.contains(Key(name)) ||
           wildcards.contains(Key(parent));
  }
};

PublicSuffixList::PublicSuffixList(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PublicSuffixList::PublicSuffixList(PublicSuffixList&&) noexcept = default;
PublicSuffixList& PublicSuffixList::operator=(PublicSuffixList&&) noexcept = default;
PublicSuffixList::~PublicSuffixList() = default;

Result<PublicSuffixList> PublicSuffixList::Parse(std::string_view text) {
  auto impl = std::make_unique<Impl>();
  std::size_t line_number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t line_size = std::min(rest.find('\n'), rest.size());
    std::string_view rule = RuleOf(rest.substr(0, line_size));
    rest.remove_prefix(std::min(line_size + 1, rest.size()));
    ++line_number;
    // An exception ("!www.ck") makes no name a suffix; libpsl answers for it.
    if (rule.empty() || rule.front() == '!') continue;
    const bool wildcard = rule.starts_with("*.");
    if (wildcard) rule.remove_prefix(2);
    if (rule == "*") continue;  // the default rule, here written out
    const auto name = Domain::Parse(rule);
    if (!name) {
      return Fail(
          ErrorCode::malformed_input,
          "public suffix list, line " + std::to_string(line_number) + ": " + name.error().detail);
    }
    (wildcard ? impl->wildcards : impl->names).insert(name->name());
  }
  if (impl->names.empty()) {
    return Fail(ErrorCode::malformed_input,
                "public suffix list: it holds no rule; is it a public_suffix_list.dat?");
  }
  impl->psl = Load(text);
  if (!impl->psl) {
    return Fail(ErrorCode::malformed_input, "public suffix list: libpsl could not read it");
  }
  return PublicSuffixList(std::move(impl));
}

bool PublicSuffixList::IsPublicSuffix(std::string_view canonical_name) const {
  if (canonical_name.empty() || !impl_->MayBePublicSuffix(canonical_name)) return false;
  const CName name(canonical_name);
  return psl_is_public_suffix(impl_->psl.get(), name.text()) != 0;
}

std::string_view PublicSuffixList::RegistrableDomain(std::string_view canonical_name) const {
  const CName name(canonical_name);
  const char* const owned = psl_registrable_domain(impl_->psl.get(), name.text());
  if (owned == nullptr) return {};
  return canonical_name.substr(static_cast<std::size_t>(owned - name.text()));
}

bool HasListedSuffix(std::string_view canonical_name) {
  const psl_ctx_t* const builtin = psl_builtin();
  if (builtin == nullptr) return false;
  // Not only the top-level label: of "za" the list has "co.za" and its like.
  for (std::string_view at = canonical_name; !at.empty(); at = ParentName(at)) {
    if (psl_is_public_suffix2(builtin, CName(at).text(), PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) !=
        0) {
      return true;
    }
  }
  return false;
}

}  // namespace policy

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/result.h"

namespace agent::people {

// What a token may do of what its role may. Without terms: all of it.
//
// "Queue/ListProposals" is a method, "Releases" all methods of a service. "feed:desk" is a feed
// that it may speak for; a token with such terms may call the service Feeds alone.
class TokenScope {
 public:
  TokenScope() = default;
  // `malformed_input` for what is no such term. Whether the method exists is for others to know.
  static policy::Result<TokenScope> From(const std::vector<std::string>& terms);

  bool MayCall(std::string_view method) const;  // "/sekisho.v1.Queue/Decide"
  bool MaySpeakFor(std::string_view feed) const;

  const std::vector<std::string>& methods() const { return methods_; }  // or services
  bool empty() const { return methods_.empty() && feeds_.empty(); }
  // The terms, separated by blanks; reads back by FromText.
  std::string text() const;
  static policy::Result<TokenScope> FromText(std::string_view text);

 private:
  std::vector<std::string> methods_;
  std::vector<std::string> feeds_;
};

// The term for that method alone.
std::string_view ScopeTermOf(std::string_view method);

// Whether `term`, a method or a service, stands for `method`.
bool IsMethodOf(std::string_view term, std::string_view method);

}  // namespace agent::people

#include "agent/people/token_scope.h"

#include <algorithm>

#include "policy/ascii.h"
#include "policy/quote.h"

namespace agent::people {
namespace {

using policy::ErrorCode;
using policy::Fail;
using policy::Result;

constexpr std::string_view package = "/sekisho.v1.";
constexpr std::string_view feed_term = "feed:";
constexpr std::size_t terms_max = 50;
constexpr std::size_t term_size_max = 100;

bool IsTerm(std::string_view term) {
  return !term.empty() && term.size() <= term_size_max &&
         std::all_of(term.begin(), term.end(), [](char c) {
           return policy::IsLetter(c) || policy::IsDigit(c) || c == '/' || c == '.' || c == '_' ||
                  c == '-';
         });
}

}  // namespace

std::string_view ScopeTermOf(std::string_view method) {
  if (method.starts_with(package)) method.remove_prefix(package.size());
  return method;
}

bool IsMethodOf(std::string_view term, std::string_view method) {
  if (!method.starts_with(package)) return false;
  method = ScopeTermOf(method);
  return method == term ||
         (method.starts_with(term) && method.substr(term.size()).starts_with('/'));
}

Result<TokenScope> TokenScope::From(const std::vector<std::string>& terms) {
  if (terms.size() > terms_max) {
    return Fail(ErrorCode::malformed_input,
                "a token's scope may have at most " + std::to_string(terms_max) + " terms");
  }
  TokenScope scope;
  for (const std::string& term : terms) {
    const bool is_feed = term.starts_with(feed_term);
    const std::string name = is_feed ? term.substr(feed_term.size()) : term;
    if (!IsTerm(name)) {
      return Fail(ErrorCode::malformed_input,
                  policy::Quote(term) +
                      " is no scope: write a service (\"Queue\"), a method "
                      "(\"Queue/ListProposals\") or a feed (\"feed:desk\")");
    }
    (is_feed ? scope.feeds_ : scope.methods_).push_back(name);
  }
  return scope;
}

bool TokenScope::MayCall(std::string_view method) const {
  if (!feeds_.empty() && !IsMethodOf("Feeds", method)) return false;
  return methods_.empty() || std::any_of(methods_.begin(), methods_.end(), [&](const auto& term) {
           return IsMethodOf(term, method);
         });
}

bool TokenScope::MaySpeakFor(std::string_view feed) const {
  return feeds_.empty() || std::find(feeds_.begin(), feeds_.end(), feed) != feeds_.end();
}

std::string TokenScope::text() const {
  std::string text;
  for (const std::string& method : methods_) text += (text.empty() ? "" : " ") + method;
  for (const std::string& feed : feeds_) {
    text.append(text.empty() ? "" : " ").append(feed_term).append(feed);
  }
  return text;
}

Result<TokenScope> TokenScope::FromText(std::string_view text) {
  std::vector<std::string> terms;
  while (!text.empty()) {
    const std::string_view term = text.substr(0, text.find(' '));
    if (!term.empty()) terms.emplace_back(term);
    text.remove_prefix(std::min(text.size(), term.size() + 1));
  }
  return From(terms);
}

}  // namespace agent::people

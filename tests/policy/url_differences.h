#pragma once

#include <string>

// Where policy::Url means to differ from the WHATWG URL Standard (policy/url.h says why), written
// plainly and apart from the parser, so that a test can tell these differences from faults.

// The scheme as a URL parser finds it, in lower case; empty if there is none.
std::string WrittenScheme(const std::string& input);

// Says whether two slashes, of either kind, follow the scheme.
bool HasAuthoritySlashes(const std::string& input);

// Compares what the standard makes of `input` with what we do; empty stands for a refusal. Says
// "same", the reason why the two may differ, or "UNEXPLAINED: ...".
std::string CompareUrl(const std::string& input, const std::string& standard,
                       const std::string& ours);

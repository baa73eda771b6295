#pragma once

#include <string>
#include <string_view>

namespace policy {

// Undoes the customs by which people make an indicator inert: hxxp, "[.]", "(.)", "[dot]", "[:]",
// "[://]". Works on the scheme and the host only; a path is evidence and stays as it was
// written, so that "mao_hxxp.sh" and "[UPG]CSS.exe" survive. Text that is not defanged comes back
// unchanged.
std::string Refang(std::string_view text);

// Makes canonical text inert for people's eyes: "hxxp://evil[.]example/x". Refang(Defang(x)) == x.
std::string Defang(std::string_view canonical);

}  // namespace policy

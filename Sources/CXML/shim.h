#pragma once
#include <libxml/xmlversion.h>
// Debian's headers bring ICU's along, and Swift's Foundation has an ICU of its own with other enumerations: a module
// that sees both does not compile. Of what the macro adds nothing is used.
#undef LIBXML_ICU_ENABLED
#include <libxml/xmlreader.h>
// Tests validate what is written with it.
#include <libxml/xmlschemas.h>

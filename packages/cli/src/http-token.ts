/** What the name of a header is made of: RFC 9110, section 5.6.2. */
export const HTTP_TOKEN: RegExp = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;

// The users' password and the client's secret in all tests.
export const PASSWORD = 'correct horse battery staple';

export const SECRET = 'web-app-secret-of-the-test-suite-0001';
